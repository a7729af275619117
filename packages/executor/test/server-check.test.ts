import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { startRedis } from "../../../tools/redis-server.ts";
import { RedisStore } from "../src/redis.ts";
import { patient } from "./waiting.ts";

it("finds nothing about a server that keeps links", async () => {
  await using server = await startRedis();
  await using store = new RedisStore({ url: server.url, ...patient });
  expect(await store.check()).toEqual([]);
});

it("tells what costs links, and says so in the log", async () => {
  await using server = await startRedis(["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
  const told: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void told.push(message) };
  await using store = new RedisStore({ url: server.url, log, ...patient });
  expect((await store.check()).map(({ code }) => code)).toEqual(["no-aof", "evicts"]);
  expect(told.join()).toMatch(/appendonly no.*allkeys-lru/);
});

it("tells which rights are missing", async () => {
  await using server = await startRedis();
  const admin = new Redis(server.url);
  await admin.acl("SETUSER", "poor", "on", ">x", "~*", "+get");
  admin.disconnect();
  await using store = new RedisStore({ url: server.url.replace("//", "//poor:x@"), ...patient });
  expect((await store.check()).map(({ code }) => code)).toEqual(["no-scripts", "no-tracking", "no-info"]);
});
