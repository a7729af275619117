import { Cache, CacheError } from "@route/cache";
import { describe, expect, it } from "vitest";
import { seededRandom } from "./seeded-random.ts";

describe("metrics", () => {
  it("get every hit and miss, in batches, and the size", () => {
    let hits = 0;
    let misses = 0;
    let size = 0;
    const metrics = {
      recordCacheHit: () => void hits++,
      recordCacheMiss: () => void misses++,
      setCacheSize: (entries: number) => {
        size = entries;
      },
    };
    const cache = new Cache<number, number>({ maxSize: 10, metrics });
    for (let i = 0; i < 1000; i++) if (cache.get(i % 7) === undefined) cache.set(i % 7, i);
    cache.stats();
    expect({ hits, misses, size }).toEqual({ hits: 993, misses: 7, size: 7 });
  });

  it("are told of many at once where they can take it", () => {
    const added: number[] = [];
    const never = (): never => {
      throw new Error("one by one");
    };
    const cache = new Cache<number, number>({
      maxSize: 10,
      metrics: {
        recordCacheHit: never,
        recordCacheMiss: never,
        addCacheHits: (count) => added.push(count),
        addCacheMisses: (count) => added.push(-count),
        setCacheSize: () => {},
      },
    });
    cache.set(1, 1);
    for (let i = 0; i < 130; i++) cache.get(1);
    for (let i = 0; i < 70; i++) cache.get(2);
    cache.stats();
    expect(added.filter((count) => count > 0).reduce((sum, count) => sum + count)).toBe(130);
    expect(added.filter((count) => count < 0).reduce((sum, count) => sum + count)).toBe(-70);
  });

  it("that throw are logged once, and disturb nobody", () => {
    const warnings: string[] = [];
    const fail = (): never => {
      throw new Error("metrics");
    };
    const cache = new Cache<number, number>({
      maxSize: 10,
      log: { warn: (message) => warnings.push(message) },
      metrics: { recordCacheHit: fail, recordCacheMiss: fail, setCacheSize: fail },
    });
    for (let i = 0; i < 1000; i++) if (cache.get(i % 20) === undefined) cache.set(i % 20, i);
    expect(cache.size).toBe(10);
    expect(cache.stats().hits + cache.stats().misses).toBe(1000);
    expect(warnings).toEqual(["the metrics of a cache threw; further errors are only counted"]);
  });
});

describe("diagnosis", () => {
  it("tells misses apart, and has not enough data at first", () => {
    let nowMs = 0;
    const cache = new Cache<string, number>({ maxSize: 2, strategy: "lru", clock: { now: () => nowMs } });
    expect(cache.diagnose()).toEqual({
      causes: { cold: 0, capacity: 0, expired: 0, invalidated: 0 },
      capacities: "not enough data",
      sampledRequests: 0,
    });
    cache.get("new");
    cache.set("a", 1, { ttlMs: 10 }).set("b", 2).set("c", 3);
    cache.get("a");
    cache.invalidate("b");
    cache.get("b");
    cache.set("d", 4, { ttlMs: 5 });
    nowMs = 5;
    cache.get("d");
    cache.get("d");
    expect(cache.diagnose().causes).toEqual({ cold: 1, capacity: 1, expired: 2, invalidated: 1 });
  });

  it.each(["lru", "lfu", "adaptive"] as const)("foresees what %s would do with other capacities", (strategy) => {
    const run = (maxSize: number, watch: boolean): Cache<number, number> => {
      const cache = new Cache<number, number>({ maxSize, strategy, random: seededRandom(1) });
      if (watch) cache.diagnose();
      const random = seededRandom(9);
      for (let i = 0; i < 60_000; i++) {
        const key = Math.floor(random() ** 4 * 5000);
        if (cache.get(key) === undefined) cache.set(key, key);
      }
      return cache;
    };
    const { capacities } = run(200, true).diagnose();
    if (capacities === "not enough data") return expect.fail(capacities);
    expect(capacities.map(({ maxSize }) => maxSize)).toEqual([100, 200, 400, 800]);
    for (const { maxSize, hitRate } of capacities)
      expect(Math.abs(hitRate - run(maxSize, false).stats().hitRate), `${maxSize}`).toBeLessThan(0.04);
  });

  it("counts uses as the cache does: a loop is decided by them", () => {
    const run = (maxSize: number, watch: boolean): Cache<number, number> => {
      const cache = new Cache<number, number>({ maxSize, random: seededRandom(2) });
      if (watch) cache.diagnose();
      for (let i = 0; i < 100_000; i++) {
        const key = i % 1500;
        if (cache.get(key) === undefined) cache.set(key, key);
      }
      return cache;
    };
    const { capacities } = run(1000, true).diagnose();
    if (capacities === "not enough data") return expect.fail(capacities);
    expect(Math.abs(capacities[0]!.hitRate - run(500, false).stats().hitRate)).toBeLessThan(0.025);
  });

  it("foresees other capacities also when the watch begins late", () => {
    const run = (maxSize: number, watch: boolean): { readonly cache: Cache<number, number>; readonly rate: number } => {
      const cache = new Cache<number, number>({ maxSize, strategy: "lru" });
      const random = seededRandom(9);
      const request = (): boolean => {
        const key = Math.floor(random() ** 4 * 5000);
        if (cache.get(key) !== undefined) return true;
        cache.set(key, key);
        return false;
      };
      for (let i = 0; i < 30_000; i++) request();
      if (watch) cache.diagnose();
      let hits = 0;
      for (let i = 0; i < 20_000; i++) if (request()) hits++;
      return { cache, rate: hits / 20_000 };
    };
    const { capacities } = run(1000, true).cache.diagnose();
    if (capacities === "not enough data") return expect.fail(capacities);
    // Four times the capacity is hardly filled by so few requests.
    for (const { maxSize, hitRate } of capacities.slice(0, -1))
      expect(Math.abs(hitRate - run(maxSize, false).rate), `${maxSize}`).toBeLessThan(0.02);
  });

  it.each([1, 2, 3, 4, 5, 6])("is not misled by a hot key in the sample or out of it (seed %i)", (seed) => {
    const run = (maxSize: number, watch: boolean): Cache<number, number> => {
      const cache = new Cache<number, number>({ maxSize, strategy: "lru", random: seededRandom(seed) });
      if (watch) cache.diagnose();
      const random = seededRandom(9);
      for (let i = 0; i < 100_000; i++) {
        const key = random() < 0.5 ? 0 : Math.floor(random() ** 2 * 30_000);
        if (cache.get(key) === undefined) cache.set(key, key);
      }
      return cache;
    };
    const { capacities } = run(8192, true).diagnose();
    if (capacities === "not enough data") return expect.fail(capacities);
    for (const { maxSize, hitRate } of capacities)
      expect(Math.abs(hitRate - run(maxSize, false).stats().hitRate), `${maxSize}`).toBeLessThan(0.03);
  });

  it("has no estimate for ttl, whose order is not one of uses", () => {
    const cache = new Cache<number, number>({ maxSize: 10, strategy: "ttl" });
    cache.diagnose();
    for (let i = 0; i < 10_000; i++) cache.get(i % 20);
    expect(cache.diagnose().capacities).toBe("not enough data");
  });
});

it("adaptive reports its window, its candidates and why it moved", () => {
  const cache = new Cache<number, number>({ maxSize: 200, random: seededRandom(3) });
  // Keys come back twice, soon, and then never: recency is all.
  for (let i = 0; i < 30_000; i++) {
    const key = Math.floor(i / 300) * 100 + (i % 100);
    if (cache.get(key) === undefined) cache.set(key, key);
  }
  const { adaptive } = cache.stats();
  expect(adaptive!.candidates.map(({ windowShare }) => windowShare)).toEqual([0.01, 0.2, 0.6, 0.95]);
  expect(adaptive!.windowShare).toBeGreaterThan(0.5);
  expect(adaptive!.decisions[0]).toMatchObject({ fromShare: 0.01 });
  expect(adaptive!.decisions[0]!.expectedGain).toBeGreaterThan(0);
  expect(new Cache({ maxSize: 1, strategy: "lfu" }).stats().adaptive).toBeUndefined();
});

it("CacheError is known across copies of the package", () => {
  const error = new CacheError("closed", "the cache is closed", { cause: 1 });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: "CacheError", code: "closed", cause: 1 });
  const foreign = Object.assign(new Error("x"), { [Symbol.for("@route/cache.CacheError")]: true });
  expect(foreign).toBeInstanceOf(CacheError);
  expect(new Error("x")).not.toBeInstanceOf(CacheError);
  expect(null).not.toBeInstanceOf(CacheError);
});
