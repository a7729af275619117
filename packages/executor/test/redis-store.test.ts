import { redisForTests } from "../../../tools/redis-server.ts";
import { RedisStore, type RedisStoreOptions } from "../src/redis.ts";
import { operationsContract } from "./contract/operations-contract.ts";
import { storeContract } from "./contract/store-contract.ts";
import { patient } from "./waiting.ts";

const open = (options: RedisStoreOptions) => async () => {
  const redis = await redisForTests();
  const store = new RedisStore({ url: redis.url, ...patient, ...options });
  return {
    store,
    close: async () => {
      await store.close();
      await redis[Symbol.asyncDispose]();
    },
  };
};

storeContract("RedisStore", open({}));
operationsContract("RedisStore, legacy layout", open({ layout: "legacy" }), { fenced: false });
