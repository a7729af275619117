import { Cache } from "@route/cache";
import { createLRU } from "lru.min";
import { LRUCache } from "lru-cache";
import { LRUMap } from "mnemonist";
import QuickLRU from "quick-lru";
import { lru as tinyLru } from "tiny-lru";
import { newCache } from "transitory";

/** What all contenders have. */
export interface Contender {
  get(key: string): unknown;
  set(key: string, value: number): unknown;
}

const transitory = (capacity: number): Contender => {
  const cache = newCache<string, number>().maxSize(capacity).build();
  return { get: (key) => cache.getIfPresent(key) ?? undefined, set: (key, value) => cache.set(key, value) };
};

/** By name. quick-lru holds up to twice its `maxSize`, so at half of it the memory is equal. */
export const contenders: Readonly<Record<string, (capacity: number) => Contender>> = {
  "@route/cache lru": (maxSize) => new Cache<string, number>({ maxSize, strategy: "lru" }),
  "@route/cache lru with TTL": (maxSize) => new Cache<string, number>({ maxSize, strategy: "lru", ttlMs: 60_000 }),
  "@route/cache adaptive": (maxSize) => new Cache<string, number>({ maxSize }),
  "lru-cache": (max) => new LRUCache<string, number>({ max }),
  "quick-lru N/2": (capacity) => new QuickLRU<string, number>({ maxSize: Math.ceil(capacity / 2) }),
  mnemonist: (capacity) => new LRUMap<string, number>(capacity),
  "tiny-lru": (capacity) => tinyLru<number>(capacity),
  "lru.min": (max) => createLRU<string, number>({ max }),
  transitory,
};
