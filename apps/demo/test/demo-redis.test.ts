import { startRedis } from "../../../tools/redis-server.ts";
import { demoStories } from "./stories.ts";

demoStories("Redis", async () => {
  const redis = await startRedis();
  return {
    config: { redisUrl: redis.url },
    breakDown: () => redis.kill(),
    repair: () => redis.restart(),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
});
