import { createServer } from "node:net";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { startRedis } from "../../../tools/redis-server.ts";
import { ExecutorError } from "../src/errors.ts";
import { RedisStore } from "../src/redis.ts";
import { linkKey, podsKey } from "../src/store/redis/keys.ts";
import { patient } from "./waiting.ts";

const service = { namespace: "test", service: "errors" };
const link = { ...service, uid: "u" };

describe("ExecutorError", () => {
  it("is recognised across copies of the package", () => {
    const foreign: unknown = Object.assign(new Error("x"), { [Symbol.for("@route/executor/ExecutorError")]: true });
    expect(foreign instanceof ExecutorError).toBe(true);
    for (const other of [new Error("x"), null, "x"] as unknown[]) expect(other instanceof ExecutorError).toBe(false);
  });

  it("keeps its cause and tells its outcome", () => {
    const cause = new Error("socket");
    const error = new ExecutorError("TIMEOUT", "m", {
      cause,
      outcome: "unknown",
      retryable: true,
      operation: "getLink",
    });
    expect(error).toMatchObject({
      name: "ExecutorError",
      code: "TIMEOUT",
      cause,
      outcome: "unknown",
      operation: "getLink",
    });
    expect(new ExecutorError("CLOSED", "m")).toMatchObject({ retryable: false, outcome: "not-applied" });
  });
});

describe("RedisStore errors", () => {
  it("UNAVAILABLE where nothing listens, at once", async () => {
    // Port 1 is nobody's: another test may be given any that is free now.
    const store = new RedisStore({ url: "redis://127.0.0.1:1", ...patient });
    await expect(store.getLink(link)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      operation: "getLink",
    });
    await store.close();
  });

  it("TIMEOUT with an unknown outcome where the server is mute; OVERLOADED above maxPending; CLOSED after close", async () => {
    const mute = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => mute.once("listening", resolve));
    const { port } = mute.address() as { port: number };
    const store = new RedisStore({ url: `redis://127.0.0.1:${port}`, timeoutMs: 500, maxPending: 1 });
    const waiting = expect(store.getLink(link)).rejects.toMatchObject({
      code: "TIMEOUT",
      outcome: "unknown",
      retryable: true,
    });
    await expect(store.getLink(link)).rejects.toMatchObject({ code: "OVERLOADED", outcome: "not-applied" });
    await waiting;
    await store.close();
    await store.close();
    await expect(store.getLink(link)).rejects.toMatchObject({ code: "CLOSED" });
    mute.close();
  });

  it("CORRUPT_VALUE for what no version of this package wrote, READ_ONLY on a replica, UNAVAILABLE without rights", async () => {
    await using redis = await startRedis();
    const raw = new Redis(redis.url);
    const store = new RedisStore({ url: redis.url, ...patient });
    try {
      await raw.set(linkKey(link), "nonsense");
      await expect(store.getLink(link)).rejects.toMatchObject({ code: "CORRUPT_VALUE", retryable: false });
      await raw.del(linkKey(link));
      await raw.lpush(linkKey(link), "x");
      await expect(store.getLink(link)).rejects.toMatchObject({ code: "CORRUPT_VALUE" });
      await raw.hset(podsKey(service), "0", "{");
      await expect(store.pods(service)).rejects.toMatchObject({ code: "CORRUPT_VALUE" });
      await raw.replicaof("127.0.0.1", 1);
      const owner = { pod: 0, incarnation: 1 };
      const write = store.linkIfAbsent({ ...link, uid: "v" }, owner, 60);
      await expect(write).rejects.toMatchObject({ code: "READ_ONLY", outcome: "not-applied", retryable: true });
      await raw.acl("SETUSER", "default", "-get");
      await using denied = new RedisStore({ url: redis.url, ...patient });
      await expect(denied.getLink(link)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: false });
    } finally {
      await store.close();
      raw.disconnect();
    }
  });

  it("REJECTED for a refusal of Redis that has no code of its own", async () => {
    await using redis = await startRedis(["--rename-command", "GET", ""]);
    await using store = new RedisStore({ url: redis.url, ...patient });
    await expect(store.getLink(link)).rejects.toMatchObject({
      code: "REJECTED",
      retryable: false,
      outcome: "not-applied",
    });
  });

  it("sends a script again that the server has forgotten", async () => {
    await using redis = await startRedis();
    const raw = new Redis(redis.url);
    const store = new RedisStore({ client: raw, ...patient });
    try {
      const owner = { pod: 0, incarnation: 1 };
      await store.linkIfAbsent(link, owner, 60);
      await raw.script("FLUSH");
      expect((await store.linkIfAbsent(link, owner, 60)).created).toBe(false);
    } finally {
      await store.close();
      expect(raw.status).toBe("ready");
      raw.disconnect();
    }
  });

  it("INVALID_ARGUMENT for a keyPrefix, and for both or none of url and client", () => {
    const prefixed = new Redis({ keyPrefix: "x:", lazyConnect: true });
    expect(() => new RedisStore({ client: prefixed })).toThrow(/client must have no keyPrefix, got "x:"/);
    expect(() => new RedisStore({})).toThrow(/exactly one of url, cluster, sentinel and client/);
    expect(() => new RedisStore({ url: "redis://x", timeoutMs: 0 })).toThrow(/timeoutMs must be a number from 1/);
  });
});
