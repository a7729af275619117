import type { StatefulStore } from "@route/executor";
import { RedisStore } from "@route/executor/redis";
import type { Channel } from "./channel.ts";
import { openIpcStore } from "./ipc-store.ts";

/** Where the store is, and how long it may take to answer. */
export interface StoreSettings {
  readonly redisUrl?: string | undefined;
  readonly storeTimeoutMs?: number | undefined;
}

/** The store in Redis at `redisUrl`; several URLs, with commas between, name nodes of a Cluster. */
export const openRedis = (redisUrl: string, timeoutMs: number | undefined): StatefulStore => {
  const location = redisUrl.includes(",") ? { cluster: redisUrl.split(",") } : { url: redisUrl };
  return new RedisStore({ ...location, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
};

/** What a child process uses: Redis, or else the store of its parent. */
export const openChildStore = ({ redisUrl, storeTimeoutMs }: StoreSettings, parent: Channel): StatefulStore =>
  redisUrl === undefined ? openIpcStore(parent, storeTimeoutMs) : openRedis(redisUrl, storeTimeoutMs);
