import { Cache, type CacheOptions, type CacheStrategy, type RemovalReason } from "@route/cache";
import { describe, expect, it } from "vitest";
import { seededRandom } from "./seeded-random.ts";

const strategies: readonly CacheStrategy[] = ["adaptive", "lru", "lfu", "ttl"];

/** What holds for a cache of any strategy. */
describe.each(strategies)("a cache with strategy %s", (strategy) => {
  const create = <K = string, V = number>(options: Partial<CacheOptions<K, V>> = {}): Cache<K, V> =>
    new Cache<K, V>({ maxSize: 8, strategy, random: seededRandom(7), ...options });

  it("returns what was set, and undefined for what was not", () => {
    const cache = create();
    expect(cache.set("a", 1)).toBe(cache);
    expect(cache.get("a")).toBe(1);
    expect(cache.get("b")).toBeUndefined();
    expect(cache.peek("a")).toBe(1);
    expect(cache.has("a")).toBe(true);
    expect(cache.has("b")).toBe(false);
    expect(cache.strategy).toBe(strategy);
  });

  it("replaces a value without growing", () => {
    const cache = create();
    cache.set("a", 1).set("a", 2);
    expect(cache.get("a")).toBe(2);
    expect(cache.size).toBe(1);
  });

  it("deletes once", () => {
    const cache = create();
    cache.set("a", 1);
    expect(cache.delete("a")).toBe(true);
    expect(cache.delete("a")).toBe(false);
    expect(cache.get("a")).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it("never holds more than its maximum, and keeps what it holds right", () => {
    const cache = create<number, string>({ maxSize: 50 });
    const random = seededRandom(1);
    for (let i = 0; i < 20_000; i++) {
      const key = Math.floor(random() ** 2 * 400);
      const value = cache.get(key);
      if (value === undefined) cache.set(key, `value ${key}`);
      else expect(value).toBe(`value ${key}`);
      if (cache.size > 50) expect.fail(`size is ${cache.size}`);
    }
    expect(cache.size).toBe(50);
    expect([...cache.keys()]).toHaveLength(50);
  });

  it("works with room for one entry", () => {
    const cache = create<number, number>({ maxSize: 1 });
    for (let i = 0; i < 100; i++) {
      cache.set(i, i);
      expect(cache.size).toBe(1);
      for (const [key, value] of cache) expect(value).toBe(key);
    }
  });

  it("is empty after clear, and usable", () => {
    const cache = create<number, number>();
    for (let i = 0; i < 20; i++) cache.set(i, i);
    cache.get(19);
    cache.clear();
    expect(cache.size).toBe(0);
    expect([...cache]).toEqual([]);
    for (let i = 0; i < 20; i++) cache.set(i, -i);
    expect(cache.size).toBe(8);
    for (const [key, value] of cache) expect(value).toBe(-key);
  });

  it("expires entries by its clock", () => {
    let nowMs = 0;
    const cache = create({ ttlMs: 100, clock: { now: () => nowMs } });
    cache.set("a", 1).set("b", 2, { ttlMs: 50 }).set("c", 3, { ttlMs: Number.POSITIVE_INFINITY });
    nowMs = 49;
    expect(cache.get("b")).toBe(2);
    nowMs = 50;
    expect(cache.has("b")).toBe(false);
    expect(cache.peek("b")).toBeUndefined();
    expect(cache.get("b")).toBeUndefined();
    expect(cache.get("a")).toBe(1);
    nowMs = 100;
    expect([...cache.keys()]).toEqual(["c"]);
    expect(cache.delete("a")).toBe(false);
    expect(cache.stats()).toMatchObject({ expirations: 2, size: 1 });
  });

  it("starts a lifetime anew with each set", () => {
    let nowMs = 0;
    const cache = create({ ttlMs: 100, clock: { now: () => nowMs } });
    cache.set("a", 1);
    nowMs = 80;
    cache.set("a", 2);
    nowMs = 179;
    expect(cache.get("a")).toBe(2);
    nowMs = 180;
    expect(cache.get("a")).toBeUndefined();
  });

  it("removes all expired entries on request", () => {
    let nowMs = 0;
    const cache = create<number, number>({ maxSize: 100, clock: { now: () => nowMs } });
    for (let i = 0; i < 100; i++) cache.set(i, i, { ttlMs: i < 60 ? 10 : 20 });
    nowMs = 10;
    expect(cache.removeExpired()).toBe(60);
    expect(cache.size).toBe(40);
    expect(cache.removeExpired()).toBe(0);
    nowMs = 20;
    expect(cache.removeExpired()).toBe(40);
    expect(cache.size).toBe(0);
  });

  it("makes room with expired entries before it evicts live ones", () => {
    let nowMs = 0;
    const cache = create<string, number>({ maxSize: 4, clock: { now: () => nowMs } });
    cache.set("live 1", 1).set("dead 1", 0, { ttlMs: 5 }).set("live 2", 2).set("dead 2", 0, { ttlMs: 5 });
    nowMs = 5;
    cache.set("new 1", 3).set("new 2", 4);
    expect([...cache.keys()].sort()).toEqual(["live 1", "live 2", "new 1", "new 2"]);
    expect(cache.stats()).toMatchObject({ evictions: 0, expirations: 2 });
  });

  it("tells why an entry left, after it left", () => {
    let nowMs = 0;
    const removed: [string, number, RemovalReason][] = [];
    const cache: Cache<string, number> = create({
      maxSize: 2,
      clock: { now: () => nowMs },
      onRemoval: (key, value, reason) => {
        removed.push([key, value, reason]);
        if (reason !== "replace") expect(cache.has(key)).toBe(false);
      },
    });
    cache.set("a", 1).set("a", 2);
    cache.delete("a");
    cache.set("b", 3, { ttlMs: 10 });
    nowMs = 10;
    cache.get("b");
    cache.set("c", 4).set("d", 5).set("e", 6);
    cache.clear();
    expect(removed.map(([, , reason]) => reason)).toEqual(["replace", "delete", "expire", "evict", "clear", "clear"]);
    expect(removed.slice(0, 3)).toEqual([
      ["a", 1, "replace"],
      ["a", 2, "delete"],
      ["b", 3, "expire"],
    ]);
  });

  it("lets a listener use the cache, also to write", () => {
    const cache: Cache<number, number> = create({
      maxSize: 3,
      onRemoval: (key, value, reason) => {
        if (reason === "evict" && key < 1000) cache.set(key + 1000, value);
      },
    });
    for (let i = 0; i < 50; i++) {
      cache.set(i, i);
      expect(cache.size).toBeLessThanOrEqual(3);
    }
    expect([...cache.keys()]).toHaveLength(3);
  });

  it("stays consistent when a listener throws, and says so once", () => {
    const warnings: string[] = [];
    const cache = create<number, number>({
      maxSize: 2,
      log: { warn: (message) => warnings.push(message) },
      onRemoval: () => {
        throw new Error("listener");
      },
    });
    for (let i = 0; i < 10; i++) cache.set(i, i);
    expect(cache.size).toBe(2);
    expect(cache.stats()).toMatchObject({ evictions: 8, listenerErrors: 8 });
    expect(warnings).toHaveLength(1);
  });

  it("tells of every removal, though listener and log throw", () => {
    const told: number[] = [];
    const fail = (): never => {
      throw new Error("log");
    };
    const cache = create<number, number>({
      maxSize: 2,
      log: { warn: fail },
      onRemoval: (key) => {
        told.push(key);
        fail();
      },
    });
    for (let i = 0; i < 10; i++) cache.set(i, i);
    expect(told).toHaveLength(8);
    expect(cache.stats().listenerErrors).toBe(8);
  });

  it("counts hits, misses and evictions", () => {
    const cache = create<number, number>({ maxSize: 4 });
    for (let i = 0; i < 10; i++) cache.set(i, i);
    const present = [...cache.keys()];
    for (const key of present) cache.get(key);
    cache.get(-1);
    cache.peek(present[0]!);
    cache.has(-1);
    expect(cache.stats()).toMatchObject({
      strategy,
      hits: 4,
      misses: 1,
      hitRate: 0.8,
      size: 4,
      maxSize: 4,
      evictions: 6,
      expirations: 0,
      recent: { requests: 5, hitRate: 0.8, evictionRate: 1.2 },
    });
  });

  it("iterates over what was there, though it changes meanwhile", () => {
    const cache = create<number, number>();
    for (let i = 0; i < 8; i++) cache.set(i, i);
    const seen: number[] = [];
    for (const [key] of cache) {
      seen.push(key);
      cache.clear();
      cache.set(100, 100);
    }
    expect(seen).toHaveLength(1);
    expect([...cache]).toEqual([[100, 100]]);
    expect([...cache.values()]).toEqual([100]);
  });

  it("takes any key and any value", () => {
    const object = {};
    const symbol = Symbol("key");
    const keys = [
      "__proto__",
      "constructor",
      "",
      Number.NaN,
      0,
      1.5,
      -1,
      2 ** 40,
      10n,
      null,
      undefined,
      true,
      object,
      symbol,
    ];
    const cache = create<unknown, unknown>({ maxSize: 32 });
    for (const key of keys) cache.set(key, [key]);
    for (const key of keys) expect(cache.get(key)).toEqual([key]);
    expect(cache.get(-0)).toEqual([0]);
    expect(cache.size).toBe(keys.length);
    cache.set("none", undefined);
    expect(cache.has("none")).toBe(true);
    expect(cache.get("none")).toBeUndefined();
  });

  it("closes twice, as a disposable too, and stays usable", () => {
    using cache = create({ cleanupIntervalMs: 1000 });
    cache.set("a", 1);
    cache.close();
    cache.close();
    expect(cache.get("a")).toBe(1);
  });

  it("unsubscribes a listener", () => {
    const cache = create();
    let calls = 0;
    const listen = (): void => void calls++;
    const first = cache.onRemoval(listen);
    cache.onRemoval(listen);
    cache.set("a", 1).delete("a");
    expect(calls).toBe(2);
    first[Symbol.dispose]();
    cache.set("a", 1).delete("a");
    expect(calls).toBe(3);
  });
});
