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
    let served = 0;
    while (cache.get(1) !== undefined) served++;
    expect(served).toBeLessThan(64);
  });

  it("holds a reading for 64 operations also where reads and writes take turns", () => {
    const cache = createCache();
    rush(cache);
    nowMs += 20;
    let served = 0;
    for (let i = 2; cache.get(1) !== undefined; i++) {
      cache.set(i, "another");
      served++;
    }
    expect(served).toBeLessThan(64);
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
    rush(cache);
    for (let i = 0; i < 3; i++) {
      await Promise.resolve();
      nowMs += 6;
      rush(cache);
    }
    expect(cache.get(1)).toBe("one");
    nowMs += 2;
    await Promise.resolve();
    expect(cache.get(1)).toBeUndefined();
  });

  it("keeps no timer", () => {
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    rush(createCache());
    expect(setTimer).not.toHaveBeenCalled();
  });
});
