import type { StatefulStore } from "@route/executor";
import { RedisStore } from "@route/executor/redis";
import type { Channel } from "./channel.ts";
import { IpcStore } from "./ipc-store.ts";

/** The store in Redis at `redisUrl`; several URLs, with commas between, name nodes of a Cluster. */
export const openRedis = (redisUrl: string): StatefulStore =>
  redisUrl.includes(",") ? new RedisStore({ cluster: redisUrl.split(",") }) : new RedisStore({ url: redisUrl });

/** What a child process uses: Redis, or else the store of its parent. */
export const openChildStore = (redisUrl: string | undefined, parent: Channel): StatefulStore =>
  redisUrl === undefined ? new IpcStore(parent) : openRedis(redisUrl);
