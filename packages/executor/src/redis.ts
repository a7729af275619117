export type { RedisAddress, RedisClient, RedisLocation } from "./store/redis/client.ts";
export { RedisStore, type RedisStoreOptions } from "./store/redis/redis-store.ts";
export type { ServerFinding } from "./store/redis/server-check.ts";
