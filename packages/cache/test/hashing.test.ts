import { Cache } from "@route/cache";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EntryTable } from "../src/entries/entry-table.ts";
import { HashIndex } from "../src/entries/hash-index.ts";
import { KeyHasher } from "../src/entries/key-hasher.ts";
import { seededRandom } from "./seeded-random.ts";

describe("the hash index", () => {
  it("finds what is in it, through additions and removals, growth and compaction", () => {
    const step = fc.record({ slot: fc.integer({ min: 3, max: 60 }), hash: fc.integer({ min: -20, max: 20 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const index = new HashIndex(32);
        const model = new Map<number, number>();
        for (const { slot, hash } of steps) {
          if (slot >= index.hashes.length) index.grow(64);
          if (index.has(slot)) {
            model.delete(index.hashes[slot]!);
            expect(index.remove(slot)).toBe(true);
            index.compact();
          } else {
            index.hashes[slot] = hash;
            expect(index.add(slot)).toBe(!model.has(hash));
            if (!model.has(hash)) model.set(hash, slot);
            else expect(index.remove(slot)).toBe(false);
          }
          for (let value = -20; value <= 20; value++) expect(index.find(value)).toBe(model.get(value) ?? 0);
        }
      }),
    );
  });
});

describe("the entry table", () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant("use"), fc.integer({ min: 0, max: 12 })) },
      { weight: 2, arbitrary: fc.tuple(fc.constant("remove"), fc.integer({ min: 0, max: 12 })) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom("hash", "reindex", "step", "reset"), fc.constant(0)) },
    ),
    { maxLength: 120 },
  );

  it("finds every key where it is, whichever index has it", () => {
    const keyOf = (number: number): unknown => [`k${number}`, number, Number.NaN][Math.min(2, Math.floor(number / 6))];
    fc.assert(
      fc.property(steps, (all) => {
        const table = new EntryTable<unknown, number>();
        const model = new Map<unknown, number>();
        for (const [what, number] of all) {
          const key = keyOf(number);
          const slot = what === "use" || what === "remove" ? table.find(key) : undefined;
          if (what === "hash") table.startHashing(seededRandom(number));
          else if (what === "reindex") table.startReindexing();
          else if (what === "step") table.reindex(4);
          else if (what === "reset") {
            table.reset();
            model.clear();
          } else if (slot !== undefined) {
            expect(table.values[slot]).toBe(model.get(key));
            if (what === "remove") {
              table.release(slot);
              model.delete(key);
            }
          } else {
            expect(model.has(key)).toBe(false);
            if (what === "use") {
              table.claim(key, number);
              model.set(key, number);
            }
          }
          expect(table.size).toBe(model.size);
        }
      }),
    );
  });
});

describe("the key hash", () => {
  it("separates under one seed what another confuses", () => {
    const hasher = new KeyHasher(seededRandom(1));
    const other = new KeyHasher(seededRandom(2));
    const byHash = new Map<number, string>();
    const pairs: [string, string][] = [];
    for (let i = 0; i < 300_000; i++) {
      // No sequence: keys that differ by a digit at the end collide less often than chance would have it.
      const key = `user:${((i * 7_919_000_003) % 2 ** 48).toString(36)}`;
      const hash = hasher.hash(key);
      const same = byHash.get(hash);
      if (same === undefined) byHash.set(hash, key);
      else pairs.push([same, key]);
    }
    // About 10 of 300,000 keys share a hash of 32 bits with another by chance.
    expect(pairs.length).toBeGreaterThan(0);
    expect(pairs.length).toBeLessThan(60);
    for (const [a, b] of pairs) expect(other.hash(a)).not.toBe(other.hash(b));
  });

  it("is the same for keys that a Map takes for equal", () => {
    const hasher = new KeyHasher(seededRandom(1));
    const object = {};
    expect(hasher.hash(object)).toBe(hasher.hash(object));
    expect(hasher.hash(object)).not.toBe(hasher.hash({}));
    expect(hasher.hash(Number.NaN)).toBe(hasher.hash(Number.NaN));
    expect(hasher.hash(-0)).toBe(hasher.hash(0));
    expect(hasher.hash(1.5)).not.toBe(hasher.hash(2.5));
    expect(hasher.hash("x".repeat(100))).toBe(hasher.hash("x".repeat(100)));
  });

  it.each(["adaptive", "lfu"] as const)("may be the same for many keys: %s never confuses them", (strategy) => {
    // With these numbers all words of the same letters have one hash.
    const random = seededRandom(5);
    let calls = 0;
    const cache = new Cache<string, string>({ maxSize: 40, strategy, random: () => (calls++ < 2 ? 0 : random()) });
    const word = (): string => Array.from({ length: 5 }, () => "abc"[Math.floor(random() * 3)]).join("");
    for (let i = 0; i < 20_000; i++) {
      const key = word();
      const value = cache.get(key);
      if (value !== undefined) expect(value).toBe(key);
      else cache.set(key, key);
      if (i % 7 === 0) cache.delete(word());
    }
    expect(cache.size).toBeLessThanOrEqual(40);
    for (const [key, value] of cache) expect(value).toBe(key);
  });
});

it.each(["a", undefined, Number.NaN, 0])("%s, missed before the strategy changed, is found after it was set", (key) => {
  const cache = new Cache<unknown, number>({ maxSize: 4, strategy: "lru" });
  expect(cache.get(key)).toBeUndefined();
  cache.setStrategy("adaptive");
  cache.set(key, 1);
  expect(cache.get(key)).toBe(1);
  expect(cache.get("b")).toBeUndefined();
  cache.setStrategy("lru");
  cache.set("b", 2).set("b", 3);
  expect([cache.get(key), cache.get("b"), cache.size]).toEqual([1, 3, 2]);
});

it("huge keys that differ in one character are different keys", () => {
  const big = "x".repeat(1_000_000);
  const cache = new Cache<string, number>({ maxSize: 4 });
  for (let i = 0; i < 20; i++) cache.set(`${big}${i}${big}`, i);
  expect(cache.size).toBe(4);
  for (const [key, value] of cache) expect(key.slice(big.length, -big.length)).toBe(`${value}`);
});
