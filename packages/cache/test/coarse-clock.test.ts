import { Cache } from "@route/cache";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const RUSH = 10_000;

/** The time of the process, moved by hand. */
let nowMs = 0;
let readings = 0;

beforeEach(() => {
  nowMs = 5;
  readings = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    readings++;
    return nowMs;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const createCache = (idleMs = Number.POSITIVE_INFINITY): Cache<number, string> => {
  const cache = new Cache<number, string>({ maxSize: 100, strategy: "lru", ttlMs: 20, idleMs });
  cache.set(1, "one");
  return cache;
};

const rush = (cache: Cache<number, string>): void => {
  for (let i = 0; i < RUSH; i++) cache.get(1);
};

/** How often an expired entry is still found, with something else done after each time. */
const servedOf = (cache: Cache<number, string>, between: (i: number) => unknown): number => {
  let served = 0;
  while (served < RUSH && cache.get(1) !== undefined) between(2 + (served++ % 50));
  return served;
};

describe("the default clock", () => {
  it("is exact where operations are few, also within one turn", () => {
    const cache = createCache();
    for (let i = 0; i < 10; i++) expect(cache.get(1)).toBe("one");
    nowMs += 20;
    expect(cache.get(1)).toBeUndefined();
  });

  it("shares a reading between operations of a rush", () => {
    rush(createCache());
    expect(readings).toBeLessThan(RUSH / 32);
  });

  it("holds a reading for 64 operations and not more", () => {
    const cache = createCache();
    rush(cache);
    nowMs += 20;
    expect(servedOf(cache, () => {})).toBeLessThan(64);
  });

  it("holds a reading for 64 operations also where reads and writes take turns", () => {
    const cache = createCache();
    rush(cache);
    nowMs += 20;
    expect(servedOf(cache, (i) => cache.set(i, "another"))).toBeLessThan(64);
  });

  it("is read anew in the next turn", async () => {
    const cache = createCache();
    rush(cache);
    nowMs += 20;
    await Promise.resolve();
    expect(cache.get(1)).toBeUndefined();
  });

  it("starts the life of an entry anew in the next turn", async () => {
    const cache = createCache();
    for (let i = 0; i < RUSH; i++) cache.set(i, "many");
    nowMs += 15;
    await Promise.resolve();
    cache.set(1, "new");
    nowMs += 10;
    await Promise.resolve();
    expect(cache.get(1)).toBe("new");
    expect(cache.get(RUSH - 1)).toBeUndefined();
  });

  it("counts idle times from every use in a rush", async () => {
    const cache = createCache(10);
    cache.set(2, "two");
    for (let i = 0; i < 3; i++) {
      rush(cache);
      expect(cache.get(2)).toBe("two");
      await Promise.resolve();
      nowMs += 6;
    }
    expect(cache.get(2)).toBe("two");
    nowMs += 2;
    await Promise.resolve();
    expect(cache.get(2)).toBeUndefined();
  });

  it("keeps no timer", () => {
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    rush(createCache());
    expect(setTimer).not.toHaveBeenCalled();
  });
});
