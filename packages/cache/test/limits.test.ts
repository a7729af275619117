import { Cache, type CacheOptions, type CacheStrategy, type RemovalReason } from "@route/cache";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { seededRandom } from "./seeded-random.ts";

const strategies: readonly CacheStrategy[] = ["adaptive", "lru", "lfu", "ttl"];

describe.each(strategies)("limits with strategy %s", (strategy) => {
  let nowMs = 0;
  const create = <K = string, V = number>(options: Partial<CacheOptions<K, V>> = {}): Cache<K, V> => {
    nowMs = 0;
    return new Cache<K, V>({
      maxSize: 100,
      strategy,
      random: seededRandom(7),
      clock: { now: () => nowMs },
      ...options,
    });
  };

  it("idle time: a use starts it anew, up to the lifetime", () => {
    const cache = create({ idleMs: 10, ttlMs: 25 });
    cache.set("a", 1).set("b", 2, { idleMs: 100 });
    nowMs = 9;
    expect(cache.get("a")).toBe(1);
    expect(cache.peek("b")).toBe(2);
    nowMs = 18;
    expect(cache.get("a")).toBe(1);
    nowMs = 24;
    expect(cache.get("a")).toBe(1);
    expect(cache.get("b")).toBe(2);
    nowMs = 25;
    expect(cache.get("a")).toBeUndefined();
    expect(cache.get("b")).toBeUndefined();
  });

  it("jitter only shortens lifetimes, and differently", () => {
    const cache = create<number, number>({ ttlMs: 1000, ttlJitterRatio: 0.5 });
    for (let i = 0; i < 100; i++) cache.set(i, i);
    nowMs = 499;
    expect(cache.removeExpired()).toBe(0);
    nowMs = 750;
    const half = cache.removeExpired();
    expect(half).toBeGreaterThan(20);
    expect(half).toBeLessThan(80);
    nowMs = 1000;
    expect(cache.removeExpired()).toBe(100 - half);
  });

  it("weights: never above the maximum, and an entry above it is refused with its reason", () => {
    const removed: [number, RemovalReason][] = [];
    const cache = create<number, number>({
      maxWeight: 50,
      weigh: (value) => value,
      onRemoval: (key, _, reason) => removed.push([key, reason]),
    });
    const random = seededRandom(2);
    for (let key = 0; key < 500; key++) {
      cache.set(key, 1 + Math.floor(random() * 20));
      expect(cache.stats().weight).toBeLessThanOrEqual(50);
    }
    const weight = [...cache.values()].reduce((sum, value) => sum + value, 0);
    expect(cache.stats().weight).toBe(weight);
    removed.length = 0;
    cache.set(1000, 51);
    expect(removed).toEqual([[1000, "reject"]]);
    expect(cache.has(1000)).toBe(false);
    const [present] = [...cache.keys()];
    cache.set(present!, 99);
    expect(cache.has(present!)).toBe(false);
    expect(removed.slice(1)).toEqual([
      [present, "replace"],
      [present, "reject"],
    ]);
    expect(cache.stats().rejections).toBe(2);
    cache.set(2000, 3, { weight: 50 });
    expect(cache.stats().weight).toBe(50);
    expect(cache.size).toBe(1);
    expect(() => cache.set(1, 1, { weight: 0 })).toThrow("weight must be a finite number above 0, but is 0");
  });

  it("a heavier value under the same key makes room for itself", () => {
    const cache = create<string, number>({ maxWeight: 10, weigh: (value) => value });
    cache.set("a", 4).set("b", 4).set("a", 8);
    expect(cache.stats().weight).toBeLessThanOrEqual(10);
    for (const [, value] of cache) expect([4, 8]).toContain(value);
  });

  it("evicts on request, the first to leave first", () => {
    const cache = create<number, number>();
    for (let i = 0; i < 10; i++) cache.set(i, i);
    const order = [...cache.keys()];
    expect(cache.evict(4)).toBe(4);
    expect(cache.size).toBe(6);
    if (strategy === "lru" || strategy === "ttl") expect([...cache.keys()]).toEqual(order.slice(4));
    expect(cache.evict(100)).toBe(6);
    expect(cache.size).toBe(0);
  });

  it("is resized, at once if it is small", () => {
    const cache = create<number, number>();
    for (let i = 0; i < 100; i++) cache.set(i, i);
    cache.resize(10);
    expect(cache.maxSize).toBe(10);
    expect(cache.size).toBe(10);
    for (let i = 0; i < 50; i++) cache.set(i, i);
    expect(cache.size).toBe(10);
    cache.resize(40);
    for (let i = 0; i < 100; i++) cache.set(i, i);
    expect(cache.size).toBe(40);
    expect(() => cache.resize(0)).toThrow(RangeError);
  });

  it("shrinks turn by turn if it is large, and stays within the bound that it tells", () => {
    vi.useFakeTimers();
    const cache = create<number, number>({ maxSize: 10_000 });
    for (let i = 0; i < 10_000; i++) cache.set(i, i);
    cache.resize(100);
    let turns = 0;
    while (cache.maxSize > 100) {
      expect(cache.size).toBeLessThanOrEqual(cache.maxSize);
      cache.set(20_000 + turns, 1);
      vi.advanceTimersByTime(1);
      turns++;
    }
    expect(turns).toBeGreaterThan(2);
    expect(cache.size).toBeLessThanOrEqual(100);
    vi.useRealTimers();
  });

  it.each(strategies)("hands its entries over to strategy %s", (other) => {
    const cache = create<number, number>({ ttlMs: 1000 });
    const random = seededRandom(4);
    const use = (): void => {
      for (let i = 0; i < 2000; i++) {
        const key = Math.floor(random() ** 3 * 500);
        if (cache.get(key) === undefined) cache.set(key, key);
      }
    };
    use();
    const before = [...cache].sort(([a], [b]) => a - b);
    cache.setStrategy(other);
    expect(cache.strategy).toBe(other);
    expect([...cache].sort(([a], [b]) => a - b)).toEqual(before);
    use();
    expect(cache.size).toBe(100);
    expect([...cache.keys()].length).toBe(100);
    cache.setStrategy(strategy);
    use();
    expect(new Set(cache.keys()).size).toBe(100);
    for (const [key, value] of cache) expect(value).toBe(key);
  });

  it("dumps and restores entries, their order and what is left of their lifetimes", () => {
    const cache = create({ maxWeight: 100 });
    cache.set("a", 1, { ttlMs: 50, weight: 2 }).set("b", 2).set("c", 3, { idleMs: 30, ttlMs: 80 });
    nowMs = 20;
    const dump = JSON.parse(JSON.stringify(cache.dump())) as ReturnType<typeof cache.dump>;
    const order = [...cache.keys()];
    const copy = create({ maxWeight: 100, ttlMs: 5 });
    copy.restore(dump);
    if (strategy !== "ttl") expect([...copy.keys()]).toEqual(order);
    nowMs = 29;
    expect([...copy.keys()].sort()).toEqual(["a", "b", "c"]);
    nowMs = 30;
    expect(copy.has("a")).toBe(false);
    expect(copy.has("c")).toBe(false);
    expect(copy.has("b")).toBe(true);
  });

  it("against a Map with the same rules: never a wrong value, never above a bound", () => {
    const operation = fc.record({
      name: fc.constantFrom(
        "get",
        "set",
        "set",
        "delete",
        "invalidate",
        "clear",
        "tick",
        "resize",
        "strategy",
        "sweep",
      ),
      key: fc.integer({ min: 0, max: 30 }),
      amount: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(operation, { maxLength: 120 }), (size, operations) => {
        let maxSize = size;
        const cache = create<number, number>({ maxSize, maxWeight: 40 });
        const model = new Map<number, { value: number; untilMs: number }>();
        operations.forEach(({ name, key, amount }, value) => {
          if (name === "set") {
            cache.set(key, value, { ttlMs: amount, weight: amount });
            model.set(key, { value, untilMs: nowMs + amount });
          } else if (name === "delete" || name === "invalidate") {
            cache[name](key);
            model.delete(key);
          } else if (name === "clear") {
            cache.clear();
            model.clear();
          } else if (name === "tick") nowMs += amount;
          else if (name === "resize") {
            maxSize = amount;
            cache.resize(maxSize);
          } else if (name === "strategy") cache.setStrategy(strategies[amount % 4]!);
          else if (name === "sweep") cache.removeExpired();
          const expected = model.get(key);
          const found = cache.get(key);
          if (found !== undefined) {
            expect(found).toBe(expected?.value);
            expect(nowMs).toBeLessThan(expected!.untilMs);
          }
          expect(cache.size).toBeLessThanOrEqual(maxSize);
          expect(cache.stats().weight).toBeLessThanOrEqual(40);
          expect([...cache].length).toBeLessThanOrEqual(cache.size);
        });
      }),
      { numRuns: 150 },
    );
  });

  it("is a Map while nothing has to leave", () => {
    const operation = fc.tuple(fc.constantFrom("get", "set", "delete"), fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const cache = create<number, number>({ maxSize: 41 });
        const model = new Map<number, number>();
        operations.forEach(([name, key], value) => {
          if (name === "set") {
            cache.set(key, value);
            model.set(key, value);
          } else if (name === "delete") expect(cache.delete(key)).toBe(model.delete(key));
          expect(cache.get(key)).toBe(model.get(key));
          expect(cache.size).toBe(model.size);
        });
        expect(new Map(cache)).toEqual(model);
      }),
    );
  });

  it("outlives a clock that jumps", () => {
    const cache = create<number, number>({ ttlMs: 100 });
    const jumps = [0, 1e12, -1e12, 5, Number.MAX_SAFE_INTEGER, 7];
    for (const [i, jump] of jumps.entries()) {
      nowMs = jump;
      for (let key = 0; key < 300; key++) {
        cache.set(key, i);
        expect(cache.get(key)).toBe(i);
      }
      expect(cache.size).toBeLessThanOrEqual(100);
      cache.removeExpired();
    }
  });
});
