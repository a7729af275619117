import { Redis } from "ioredis";

/** One command on a connection of its own. */
export const ask = async (url: string, command: string, ...args: string[]): Promise<unknown> => {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0 });
  redis.on("error", () => undefined);
  try {
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
};
