import { Cache, type CacheOptions } from "@route/cache";
import { expect, it } from "vitest";

it.each<[Partial<Record<keyof CacheOptions<string, number>, unknown>>, string]>([
  [{ maxSize: 0 }, "maxSize must be an integer from 1 to 16777208, but is 0"],
  [{ maxSize: 1.5 }, "maxSize must be an integer from 1 to 16777208, but is 1.5"],
  [{ maxSize: "10" }, 'maxSize must be an integer from 1 to 16777208, but is "10"'],
  [{ strategy: "fifo" }, 'strategy must be one of "adaptive", "lru", "lfu", "ttl", but is "fifo"'],
  [{ ttlMs: 0 }, "ttlMs must be a number above 0, but is 0"],
  [{ ttlMs: Number.NaN }, "ttlMs must be a number above 0, but is NaN"],
  [{ cleanupIntervalMs: 2 ** 31 }, "cleanupIntervalMs must be 0 (off) to 2147483647 ms, but is 2147483648"],
])("refuses %o", (options, message) => {
  const create = (): unknown => new Cache({ maxSize: 10, ...options } as CacheOptions<string, number>);
  expect(create).toThrow(RangeError);
  expect(create).toThrow(message);
});

it("refuses a listener that is not a function", () => {
  const options = { maxSize: 1, onRemoval: 1 } as unknown as CacheOptions<string, number>;
  expect(() => new Cache(options)).toThrow(TypeError);
});

it("refuses a bad lifetime of one entry, and stores nothing", () => {
  const cache = new Cache<string, number>({ maxSize: 1 });
  expect(() => cache.set("a", 1, { ttlMs: -1 })).toThrow("ttlMs must be a number above 0, but is -1");
  expect(cache.size).toBe(0);
});
