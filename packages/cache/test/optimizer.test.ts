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

  it("lengthens lifetimes when misses are expiries, and rolls back what made it worse", () => {
    nowMs = 0;
    const cache = create(100, 1000);
    const optimizer = new CacheOptimizer({ cache, maxTtlMs: 10_000, ttlAdjustmentMs: 4000, confirmations: 1 });
    const traffic = (keys: number, stepMs: number): void => {
      for (let i = 0; i < 1500; i++) {
        nowMs += stepMs;
        use(cache, keys, 1);
      }
    };
    traffic(50, 30);
    expect(optimizer.optimize()).toMatchObject({ action: "change", change: { what: "ttlMs", from: 1000, to: 5000 } });
    expect(cache.ttlMs).toBe(5000);
    traffic(50, 30);
    optimizer.optimize();
    traffic(5000, 30);
    expect(optimizer.optimize()).toMatchObject({ action: "roll-back", change: { what: "ttlMs" } });
    expect(cache.ttlMs).toBe(1000);
    traffic(50, 30);
    expect(optimizer.optimize()).toMatchObject({ action: "wait", reason: "ttlMs up was rolled back lately" });
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
    [{ intervalMs: -1 }, "intervalMs must be 0 (off) to 2147483647 ms, but is -1"],
  ])("refuses %o", (options, message) => {
    expect(() => new CacheOptimizer(options)).toThrow(message);
  });
});
