import { Cache, CacheOptimizer, type Decision, type OptimizerOptions } from "@route/cache";
import { describe, expect, it, vi } from "vitest";
import { seededRandom } from "./seeded-random.ts";

const random = seededRandom(11);
const create = (maxSize: number, ttlMs = Number.POSITIVE_INFINITY): Cache<number, number> =>
  new Cache({ maxSize, ttlMs, random: seededRandom(5), clock: { now: () => nowMs } });
let nowMs = 0;

/** Requests over so many keys, all equally likely, with a set after each miss. */
const use = (cache: Cache<number, number>, keys: number, requests: number): void => {
  for (let i = 0; i < requests; i++) {
    const key = Math.floor(random() * keys);
    if (cache.get(key) === undefined) cache.set(key, key);
  }
};
const actions = (decisions: readonly Decision[]): string[] => decisions.map(({ action }) => action);

describe("CacheOptimizer that owns a cache", () => {
  it("is a cache with statistics", () => {
    using optimizer = new CacheOptimizer<string, number>({ cache: { maxSize: 2, strategy: "lru" } });
    optimizer.set("a", 1);
    optimizer.set("b", 2, { ttlMs: 1000 });
    expect(optimizer.get("a")).toBe(1);
    optimizer.set("c", 3);
    expect(optimizer.get("b")).toBeUndefined();
    expect(optimizer.delete("c")).toBe(true);
    expect(optimizer.stats()).toMatchObject({
      hits: 1,
      misses: 1,
      hitRate: 0.5,
      size: 1,
      evictions: 1,
      expirations: 0,
    });
    optimizer.flush();
    expect(optimizer.stats().size).toBe(0);
  });

  it("closes it", async () => {
    const optimizer = new CacheOptimizer<string, number>({ cache: { maxSize: 2 } });
    const { cache } = optimizer;
    optimizer.close();
    optimizer.close();
    await expect(cache.load("a", () => 1)).rejects.toMatchObject({ code: "closed" });
  });
});

describe("CacheOptimizer that advises a cache", () => {
  it("reports what it knows", () => {
    const cache = create(100);
    const optimizer = new CacheOptimizer<number, number>({ cache });
    use(cache, 200, 3000);
    expect(optimizer.report()).toMatchObject({
      strategy: "adaptive",
      size: 100,
      maxSize: 100,
      parameters: { hitRateThreshold: 0.8, evictionRateThreshold: 0.1, ttlAdjustmentMs: 300_000 },
      window: { requests: 3000 },
      diagnosis: { sampledRequests: 3000 },
      decisions: [],
    });
    const { hits, misses, hitRate, evictionRate, evictions, diagnosis } = optimizer.report();
    expect(hits + misses).toBe(3000);
    expect(hitRate).toBeCloseTo(hits / 3000);
    expect(evictionRate).toBeCloseTo(evictions / 3000);
    const { cold, capacity, expired, invalidated } = diagnosis.causes;
    expect(cold).toBe(200);
    expect(cold + capacity).toBe(misses);
    expect(expired + invalidated).toBe(0);
  });

  it("does not close it, and evicts from it on request", async () => {
    const cache = create(100);
    const optimizer = new CacheOptimizer<number, number>({ cache });
    use(cache, 100, 500);
    const before = cache.size;
    expect(optimizer.forceEviction(10)).toBe(10);
    expect(cache.size).toBe(before - 10);
    optimizer.close();
    expect(await cache.load(1000, () => 1)).toBe(1);
  });

  it("switches the strategy that is asked for", () => {
    const cache = create(10);
    const optimizer = new CacheOptimizer<number, number>();
    optimizer.setStrategy("lfu");
    expect(optimizer.strategy).toBe("lfu");
    expect(optimizer.optimize(cache)).toMatchObject({ action: "change", change: { from: "adaptive", to: "lfu" } });
    expect(cache.strategy).toBe("lfu");
    expect(() => optimizer.optimize()).toThrow("cache must be given");
  });

  it("waits for traffic", () => {
    const cache = create(10);
    const optimizer = new CacheOptimizer({ cache, maxSize: 1000 });
    use(cache, 100, 999);
    expect(optimizer.optimize()).toMatchObject({
      action: "wait",
      reason: "999 requests, 1000 are needed for a judgement",
    });
  });

  it("grows a cache that evicts, when its shadows say so twice, and keeps what helped", () => {
    const cache = create(100);
    const optimizer = new CacheOptimizer({ cache, maxSize: 10_000 });
    for (let i = 0; i < 5; i++) {
      use(cache, 180, 3000);
      optimizer.optimize();
    }
    const { decisions } = optimizer.report();
    expect(actions(decisions)).toEqual(["wait", "change", "wait", "keep", "wait"]);
    expect(decisions[1]).toMatchObject({ change: { what: "maxSize", from: 100, to: 200 } });
    expect(decisions[1]!.reason).toMatch(/^hit rate .* is below 80.0 %, and 200 entries would give about /);
    expect(cache.maxSize).toBe(200);
  });

  it("never leaves the limits it was given", () => {
    const cache = create(100);
    const optimizer = new CacheOptimizer({ cache, maxSize: 150, confirmations: 1 });
    for (let i = 0; i < 6; i++) {
      use(cache, 1000, 3000);
      optimizer.optimize();
    }
    expect(cache.maxSize).toBeLessThanOrEqual(150);
  });

  it("gives room back that brings nothing", () => {
    const cache = create(400);
    const optimizer = new CacheOptimizer({ cache, minSize: 50 });
    for (let i = 0; i < 10; i++) {
      use(cache, 40, 4000);
      optimizer.optimize();
    }
    expect(cache.maxSize).toBeLessThan(400);
    expect(cache.maxSize).toBeGreaterThanOrEqual(50);
    expect(cache.stats().recent.hitRate).toBeGreaterThan(0.9);
  });

  describe("lifetimes", () => {
    const clock = { now: () => nowMs };
    const traffic = (cache: Cache<number, number>, keys: number, stepMs: number): void => {
      for (let i = 0; i < 1500; i++) {
        nowMs += stepMs;
        use(cache, keys, 1);
      }
    };

    it("are lengthened when misses are expiries, and set back when that made it worse", () => {
      const cache = create(100, 1000);
      const optimizer = new CacheOptimizer({ cache, clock, maxTtlMs: 10_000, ttlAdjustmentMs: 4000, confirmations: 1 });
      traffic(cache, 50, 30);
      expect(optimizer.optimize()).toMatchObject({ action: "change", change: { what: "ttlMs", from: 1000, to: 5000 } });
      expect(cache.ttlMs).toBe(5000);
      traffic(cache, 50, 30);
      optimizer.optimize();
      traffic(cache, 5000, 30);
      expect(optimizer.optimize()).toMatchObject({ action: "roll-back", change: { what: "ttlMs" } });
      expect(cache.ttlMs).toBe(1000);
      traffic(cache, 50, 30);
      expect(optimizer.optimize()).toMatchObject({ action: "wait", reason: "ttlMs up was rolled back lately" });
    });

    it("are shortened step by step while nothing expires, down to the limit", () => {
      const cache = create(100, 60_000);
      const optimizer = new CacheOptimizer({
        cache,
        clock,
        minTtlMs: 25_000,
        ttlAdjustmentMs: 20_000,
        confirmations: 1,
      });
      const changes: unknown[] = [];
      for (let i = 0; i < 24; i++) {
        traffic(cache, 40, 5);
        const { action, change } = optimizer.optimize();
        if (action === "change") changes.push([change?.from, change?.to]);
      }
      expect(changes).toEqual([
        [60_000, 40_000],
        [40_000, 25_000],
      ]);
      expect(cache.ttlMs).toBe(25_000);
    });

    it("are not judged while entries have the old one, and are set back when the hit rate fell", () => {
      const cache = new Cache<number, number>({
        maxSize: 100,
        ttlMs: 200_000,
        ttlJitterRatio: 0.5,
        random: seededRandom(5),
        clock,
      });
      traffic(cache, 90, 20);
      const limits = { minTtlMs: 100_000, ttlAdjustmentMs: 100_000 };
      const optimizer = new CacheOptimizer({ cache, clock, confirmations: 1, ...limits });
      const decisions = Array.from({ length: 9 }, () => {
        traffic(cache, 90, 20);
        return optimizer.optimize();
      });
      // A window takes 30 seconds, so the old lifetime is over after seven.
      expect(actions(decisions)).toEqual(["change", ...Array.from({ length: 7 }, () => "wait"), "roll-back"]);
      expect(decisions[8]!.reason).toMatch(/^hit rate 9[78].* after, 100.0 % before$/);
      expect(cache.ttlMs).toBe(200_000);
    });

    it("without end are first brought to the upper limit", () => {
      const cache = create(100);
      const optimizer = new CacheOptimizer({ cache, clock, minTtlMs: 1000, maxTtlMs: 50_000, confirmations: 1 });
      traffic(cache, 40, 10);
      expect(optimizer.optimize()).toMatchObject({
        change: { what: "ttlMs", from: Number.POSITIVE_INFINITY, to: 50_000 },
      });
      const endless = create(100);
      const other = new CacheOptimizer({ cache: endless, clock, minTtlMs: 1000, confirmations: 1 });
      traffic(endless, 40, 10);
      expect(other.optimize()).toMatchObject({ action: "wait", reason: "nothing to improve" });
    });
  });

  it("works by itself at an interval, until it is closed", () => {
    vi.useFakeTimers();
    const cache = create(10);
    const optimizer = new CacheOptimizer({ cache, intervalMs: 100 });
    vi.advanceTimersByTime(350);
    expect(optimizer.report().decisions).toHaveLength(3);
    optimizer.close();
    vi.advanceTimersByTime(1000);
    expect(optimizer.report().decisions).toHaveLength(3);
    vi.useRealTimers();
  });

  it.each<[OptimizerOptions<number, number>, string]>([
    [{ hitRateThreshold: 80 }, "hitRateThreshold must be from 0 to 1, but is 80"],
    [{ minRequests: 0 }, "minRequests must be an integer of at least 1, but is 0"],
    [{ maxSize: 0.5 }, "maxSize must be an integer from 1 to 16777208, but is 0.5"],
    [{ maxTtlMs: -1 }, "maxTtlMs must be a number above 0, but is -1"],
    [{ minTtlMs: 2, maxTtlMs: 1 }, "minTtlMs must be at most maxTtlMs, 1, but is 2"],
    [{ minSize: 20, maxSize: 10 }, "minSize must be at most maxSize, 10, but is 20"],
    [{ intervalMs: -1 }, "intervalMs must be 0 (off) to 2147483647 ms, but is -1"],
  ])("refuses %o", (options, message) => {
    expect(() => new CacheOptimizer(options)).toThrow(message);
  });
});
