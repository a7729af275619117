import { Cache, CacheError, type CacheOptions, type LoadOptions } from "@route/cache";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let nowMs = 0;
const clock = { now: () => nowMs };
const create = (options: Partial<CacheOptions<string, number>> = {}): Cache<string, number> =>
  new Cache({ maxSize: 100, strategy: "lru", clock, ...options });

/** A loader that is settled by hand. */
const manual = () => {
  const calls: { key: string; signal: AbortSignal; resolve(value?: number): void; reject(error: unknown): void }[] = [];
  const load = (key: string, signal: AbortSignal): Promise<number | undefined> =>
    new Promise((resolve, reject) => calls.push({ key, signal, resolve, reject }));
  return { calls, load };
};
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

beforeEach(() => {
  nowMs = 0;
});

describe("load", () => {
  it("loads once for all who ask at the same time, and stores", async () => {
    const cache = create();
    const loader = manual();
    const all = Promise.all([cache.load("a", loader.load), cache.load("a", loader.load), cache.load("a", loader.load)]);
    await settle();
    expect(loader.calls).toHaveLength(1);
    loader.calls[0]!.resolve(7);
    expect(await all).toEqual([7, 7, 7]);
    expect(cache.peek("a")).toBe(7);
    expect(await cache.load("a", loader.load)).toBe(7);
    expect(loader.calls).toHaveLength(1);
  });

  it("takes a loader that is not asynchronous, and its lifetime", async () => {
    const cache = create();
    expect(await cache.load("a", () => 1, { ttlMs: 10 })).toBe(1);
    nowMs = 10;
    expect(await cache.load("a", () => 2)).toBe(2);
    expect(cache.get("a")).toBe(2);
  });

  it("gives every caller the loader's error, and asks again next time", async () => {
    const cache = create();
    const boom = new Error("boom");
    const fail = (): number => {
      throw boom;
    };
    await expect(Promise.all([cache.load("a", fail), cache.load("a", fail)])).rejects.toBe(boom);
    expect(cache.size).toBe(0);
    expect(await cache.load("a", () => 3)).toBe(3);
  });

  it("remembers for a while that there is nothing, until the key is set or invalidated", async () => {
    const cache = create();
    let calls = 0;
    const none = (): undefined => void calls++;
    const options: LoadOptions = { negativeTtlMs: 10 };
    expect(await cache.load("a", none, options)).toBeUndefined();
    expect(await cache.load("a", none, options)).toBeUndefined();
    expect(calls).toBe(1);
    nowMs = 10;
    await cache.load("a", none, options);
    expect(calls).toBe(2);
    cache.invalidate("a");
    await cache.load("a", none, options);
    expect(calls).toBe(3);
    cache.set("a", 5);
    expect(await cache.load("a", none, options)).toBe(5);
  });

  it.each<[string, (cache: Cache<string, number>) => void]>([
    ["set", (cache) => cache.set("a", 100)],
    ["delete", (cache) => cache.delete("a")],
    ["invalidate", (cache) => cache.invalidate("a")],
    ["clear", (cache) => cache.clear()],
  ])("stores nothing of a load that began before a %s", async (_, change) => {
    const cache = create();
    const loader = manual();
    const early = cache.load("a", loader.load);
    await settle();
    change(cache);
    const present = cache.peek("a");
    const late = present === undefined ? cache.load("a", loader.load) : undefined;
    await settle();
    expect(loader.calls).toHaveLength(present === undefined ? 2 : 1);
    loader.calls[1]?.resolve(2);
    if (late !== undefined) expect(await late).toBe(2);
    loader.calls[0]!.resolve(1);
    expect(await early).toBe(1);
    expect(cache.peek("a")).toBe(present ?? 2);
  });
});

describe("stale values", () => {
  const expired = (options: LoadOptions, cache = create()): Cache<string, number> => {
    void cache.load("a", () => 1, { ttlMs: 10, ...options });
    return cache;
  };

  it("are returned at once while a new one is loaded", async () => {
    const options = { staleWhileRevalidateMs: 20 };
    const cache = expired(options);
    await settle();
    nowMs = 29;
    const loader = manual();
    expect(await cache.load("a", loader.load, options)).toBe(1);
    expect(await cache.load("a", loader.load, options)).toBe(1);
    expect(cache.get("a")).toBeUndefined();
    expect(cache.has("a")).toBe(false);
    await settle();
    expect(loader.calls).toHaveLength(1);
    loader.calls[0]!.resolve(2);
    await settle();
    expect(cache.get("a")).toBe(2);
  });

  it("are gone when their grace is over, and when the loader finds nothing", async () => {
    const options = { staleWhileRevalidateMs: 20 };
    const cache = expired(options);
    await settle();
    nowMs = 30;
    expect(cache.removeExpired()).toBe(1);
    expect(await cache.load("a", () => 2, { ttlMs: 10, ...options })).toBe(2);
    nowMs = 41;
    expect(await cache.load("a", () => undefined, options)).toBe(2);
    await settle();
    expect(cache.size).toBe(0);
  });

  it("are returned if the loader fails, but not to a caller who aborted", async () => {
    const options = { staleIfErrorMs: 20 };
    const cache = expired(options);
    await settle();
    nowMs = 15;
    const fail = (): never => {
      throw new Error("down");
    };
    expect(await cache.load("a", fail, options)).toBe(1);
    const controller = new AbortController();
    const aborted = cache.load("a", manual().load, { ...options, signal: controller.signal });
    await settle();
    controller.abort(new Error("gone"));
    await expect(aborted).rejects.toThrow("gone");
    nowMs = 30;
    await expect(cache.load("a", fail, options)).rejects.toThrow("down");
  });
});

describe("timeouts and signals", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("soft: a late load leaves the caller with the stale value, and is stored when it comes", async () => {
    const cache = create();
    const options = { staleIfErrorMs: 100, softTimeoutMs: 5 };
    await cache.load("a", () => 1, { ttlMs: 10, ...options });
    nowMs = 20;
    const loader = manual();
    const value = cache.load("a", loader.load, options);
    await vi.advanceTimersByTimeAsync(5);
    expect(await value).toBe(1);
    loader.calls[0]!.resolve(2);
    await settle();
    expect(cache.get("a")).toBe(2);
  });

  it("hard: the load fails with load-timeout, and its signal aborts", async () => {
    const cache = create();
    const loader = manual();
    const value = cache.load("a", loader.load, { hardTimeoutMs: 50 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(50);
    const error = await value;
    expect(error).toBeInstanceOf(CacheError);
    expect(error).toMatchObject({ code: "load-timeout", name: "CacheError" });
    expect(loader.calls[0]!.signal.aborted).toBe(true);
    loader.calls[0]!.resolve(1);
    await settle();
    expect(cache.size).toBe(0);
    expect(await cache.load("a", () => 2)).toBe(2);
  });

  it("a signal ends one caller's wait; the load ends with the last one", async () => {
    const cache = create();
    const loader = manual();
    const [first, second] = [new AbortController(), new AbortController()];
    const a = cache.load("a", loader.load, { signal: first.signal }).catch((error: unknown) => error);
    const b = cache.load("a", loader.load, { signal: second.signal }).catch((error: unknown) => error);
    await settle();
    first.abort(new Error("first"));
    expect(await a).toEqual(new Error("first"));
    expect(loader.calls[0]!.signal.aborted).toBe(false);
    second.abort(new Error("second"));
    expect(await b).toEqual(new Error("second"));
    expect(loader.calls[0]!.signal.aborted).toBe(true);
    await expect(cache.load("a", loader.load, { signal: first.signal })).rejects.toThrow("first");
    expect(await cache.load("a", () => 4)).toBe(4);
  });

  it("close ends loads and refuses new ones with closed", async () => {
    const cache = create();
    const loader = manual();
    const value = cache.load("a", loader.load).catch((error: unknown) => error);
    await settle();
    cache.close();
    expect(await value).toMatchObject({ code: "closed" });
    expect(loader.calls[0]!.signal.aborted).toBe(true);
    await expect(cache.load("b", () => 1)).rejects.toMatchObject({ code: "closed" });
    expect(cache.size).toBe(0);
  });
});

it("refuses bad options of a load", async () => {
  const cache = create();
  await expect(cache.load("a", () => 1, { hardTimeoutMs: -1 })).rejects.toThrow(
    "hardTimeoutMs must be 0 (off) to 2147483647 ms, but is -1",
  );
  await expect(cache.load("a", () => 1, { ttlMs: -5 })).rejects.toThrow("ttlMs must be a number above 0, but is -5");
  await expect(cache.load("a", () => 1, { weight: 0 })).rejects.toThrow("weight must be a finite number above 0");
  expect(() => cache.load("a", 1 as never)).toThrow("loader must be a function, but is 1");
  expect(cache.size).toBe(0);
});

it("fails for all callers if its value cannot be weighed, and the next load starts anew", async () => {
  let heavy = true;
  const cache = create({
    maxWeight: 10,
    weigh: () => {
      if (heavy) throw new Error("no scales");
      return 1;
    },
  });
  const both = await Promise.allSettled([cache.load("a", () => 1), cache.load("a", () => 1)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  heavy = false;
  expect(await cache.load("a", () => 2)).toBe(2);
  expect(cache.peek("a")).toBe(2);
});

it("traces loads, and warns once of failures", async () => {
  const traced: string[] = [];
  const warnings: unknown[] = [];
  const cache = create({
    log: { warn: (message) => warnings.push(message) },
    tracer: {
      traceCacheOperation(operation, { key }, run) {
        traced.push(`${operation} ${key}`);
        return run();
      },
    },
  });
  await cache.load("a", () => 1);
  await cache.load("a", () => 1);
  for (const key of ["b", "c"]) await cache.load(key, () => Promise.reject(new Error("x"))).catch(() => {});
  expect(traced).toEqual(["load a", "load b", "load c"]);
  expect(warnings).toHaveLength(1);
});

it("whatever the order in which loads, writes and invalidations interleave, nothing older than the last change is kept", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.constantFrom("load", "source", "invalidate"), { maxLength: 12 }),
      async (s, steps) => {
        const cache = create();
        let source = 0;
        let validFrom = 0;
        const read = s.scheduleFunction(async (version: number) => version);
        // The loader sees the source as it is when it starts, and answers at any later time.
        const loader = (): Promise<number> => read(source + 1).then((version) => version);
        const sequence = s.scheduleSequence(
          steps.map((step) => async () => {
            if (step === "load") void cache.load("a", loader).catch(() => {});
            else {
              source++;
              validFrom = source + 1;
              cache.invalidate("a");
            }
            if (step === "source") expect(cache.peek("a")).toBeUndefined();
          }),
        );
        await s.waitAll();
        await sequence.task;
        const kept = cache.peek("a");
        if (kept !== undefined) expect(kept).toBeGreaterThanOrEqual(validFrom);
      },
    ),
    { numRuns: 300 },
  );
});
