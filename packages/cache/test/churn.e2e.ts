import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Cache, type CacheStrategy } from "@route/cache";
import { expect, it } from "vitest";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const usedBytes = (): number => {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

it.each<CacheStrategy>(["adaptive", "lru", "lfu", "ttl"])(
  "%s: memory is flat over 10 million operations of churn",
  (strategy) => {
    const cache = new Cache<string, number>({ maxSize: 1000, strategy, ttlMs: 60_000 });
    const churn = (operations: number, from: number): void => {
      for (let i = from; i < from + operations; i++) cache.set(`key ${i}`, i);
    };
    churn(1_000_000, 0);
    const before = usedBytes();
    churn(9_000_000, 1_000_000);
    expect(cache.size).toBe(1000);
    // A leak of one byte per operation would be nine million.
    expect(usedBytes() - before).toBeLessThan(1_000_000);
  },
);
