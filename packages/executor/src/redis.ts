export type { RedisAddress, RedisClient, RedisLocation } from "./store/redis/client.ts";
export { RedisStore } from "./store/redis/redis-store.ts";
export type { RedisStoreOptions } from "./store/redis/redis-store-options.ts";
export type { ServerFinding } from "./store/redis/server-check.ts";
