import { Cache } from "@route/cache";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "./seeded-random.ts";

/** Hit ratio of requests, with a set after each miss. */
const hitRatio = (cache: Cache<number, number>, requests: Iterable<number>): number => {
  for (const key of requests) if (cache.get(key) === undefined) cache.set(key, key);
  return cache.stats().hitRate;
};

describe("lru", () => {
  it("is exact: the same entries in the same order as a Map in which every use moves a key to the end", () => {
    const operation = fc.tuple(fc.constantFrom("get", "set", "delete", "peek"), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(operation, { maxLength: 200 }), (maxSize, operations) => {
        const cache = new Cache<number, number>({ maxSize, strategy: "lru" });
        const model = new Map<number, number>();
        operations.forEach(([name, key], value) => {
          if (name === "set") {
            if (!model.delete(key) && model.size === maxSize) model.delete(model.keys().next().value!);
            model.set(key, value);
            cache.set(key, value);
          } else if (name === "delete") expect(cache.delete(key)).toBe(model.delete(key));
          else {
            const expected = model.get(key);
            expect(name === "get" ? cache.get(key) : cache.peek(key)).toBe(expected);
            if (name === "get" && expected !== undefined && model.delete(key)) model.set(key, expected);
          }
        });
        expect([...cache]).toEqual([...model]);
      }),
    );
  });
});

describe("ttl", () => {
  it("evicts the soonest to expire, then the one written first", () => {
    const operation = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(10, 20, 30, Number.POSITIVE_INFINITY));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(operation, { maxLength: 100 }), (maxSize, operations) => {
        const cache = new Cache<number, number>({ maxSize, strategy: "ttl", clock: { now: () => 0 } });
        let model: { key: number; ttlMs: number; written: number }[] = [];
        operations.forEach(([key, ttlMs], written) => {
          model = model.filter((entry) => entry.key !== key);
          model.sort((a, b) => (a.ttlMs === b.ttlMs ? a.written - b.written : a.ttlMs - b.ttlMs));
          if (model.length === maxSize) model.shift();
          model.push({ key, ttlMs, written });
          cache.set(key, written, { ttlMs });
        });
        model.sort((a, b) => (a.ttlMs === b.ttlMs ? a.written - b.written : a.ttlMs - b.ttlMs));
        expect([...cache]).toEqual(model.map(({ key, written }) => [key, written]));
      }),
    );
  });
});

describe("lfu and adaptive", () => {
  it.each(["lfu", "adaptive"] as const)(
    "%s keeps what is used often through a scan of what is used once",
    (strategy) => {
      const cache = new Cache<number, number>({ maxSize: 100, strategy, random: seededRandom(3) });
      const hot = Array.from({ length: 50 }, (_, key) => key);
      for (let round = 0; round < 20; round++) hitRatio(cache, hot);
      for (let key = 1000; key < 3000; key++) cache.set(key, key);
      expect(hot.filter((key) => cache.has(key)).length).toBeGreaterThanOrEqual(45);
    },
  );

  it("adaptive finds hits in a loop that is longer than the cache, where lru has none", () => {
    const loop = Array.from({ length: 60_000 }, (_, i) => i % 150);
    const ratioOf = (strategy: "adaptive" | "lru"): number =>
      hitRatio(new Cache({ maxSize: 100, strategy, random: seededRandom(5) }), loop);
    expect(ratioOf("lru")).toBe(0);
    expect(ratioOf("adaptive")).toBeGreaterThan(0.5);
  });

  it("adaptive widens its window when keys come back soon and then never again", () => {
    const bursts = Array.from({ length: 60_000 }, (_, i) => Math.floor(i / 60) * 20 + (i % 20));
    const ratioOf = (strategy: "adaptive" | "lfu"): number =>
      hitRatio(new Cache({ maxSize: 100, strategy, random: seededRandom(5) }), bursts);
    expect(ratioOf("adaptive")).toBeGreaterThan(ratioOf("lfu") + 0.1);
  });
});

it("lru forgets no read, however many come between two writes", () => {
  const cache = new Cache<number, number>({ maxSize: 200, strategy: "lru" });
  for (let key = 0; key < 200; key++) cache.set(key, key);
  for (let key = 0; key < 150; key++) cache.get(key);
  expect(cache.evict(50)).toBe(50);
  expect([...cache.keys()]).toEqual(Array.from({ length: 150 }, (_, key) => key));
});
