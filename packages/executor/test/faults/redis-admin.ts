import { Redis } from "ioredis";
import { RedisStore, type RedisStoreOptions } from "../../src/redis.ts";
import type { Link, ServiceName } from "../../src/types.ts";
import { maxBatch } from "../../src/validate.ts";

/** One command on a connection of its own. */
export const ask = async (url: string, command: string, ...args: string[]): Promise<unknown> => {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 3 });
  redis.on("error", () => undefined);
  try {
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
};

/** The links that the store has, by uid, read by a connection of its own: no client's memory answers. */
export const readLinks = async (
  options: RedisStoreOptions,
  service: ServiceName,
  uids: readonly string[],
): Promise<Map<string, Link>> => {
  await using store = new RedisStore(options);
  const found = new Map<string, Link>();
  for (let start = 0; start < uids.length; start += maxBatch) {
    const batch = uids.slice(start, start + maxBatch);
    for (const [index, link] of (await store.getLinks(service, batch)).entries()) {
      if (link) found.set(batch[index]!, link);
    }
  }
  return found;
};
