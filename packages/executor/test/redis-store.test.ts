import { redisForTests } from "../../../tools/redis-server.ts";
import { RedisStore } from "../src/redis.ts";
import { storeContract } from "./contract/store-contract.ts";

storeContract("RedisStore", async () => {
  const redis = await redisForTests();
  const store = new RedisStore({ url: redis.url });
  return {
    store,
    close: async () => {
      await store.close();
      await redis[Symbol.asyncDispose]();
    },
  };
});
