import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RedisServer, startRedis } from "../../../tools/redis-server.ts";
import { ExecutorError } from "../src/errors.ts";
import { StatefulExecutor } from "../src/executor.ts";
import { RedisStore } from "../src/redis.ts";
import type { ServiceScope } from "../src/scope/service-scope.ts";
import { type FaultProxy, faultProxy } from "./fault-proxy.ts";
import { isLinearizable } from "./linearizability/checker.ts";
import { record } from "./linearizability/record.ts";
import { patient, until } from "./waiting.ts";

const name = { namespace: "faults", service: "s" };

describe("a network that fails", () => {
  let server: RedisServer;
  let admin: Redis;
  let proxy: FaultProxy;
  let store: RedisStore;
  let scope: ServiceScope;
  beforeEach(async () => {
    server = await startRedis();
    admin = new Redis(server.url);
    proxy = await faultProxy(server.port);
    store = new RedisStore({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: 500 });
    scope = new StatefulExecutor({ store }).scope(name);
    // The script is known and the connection stands before anything fails.
    const isWarm = () => scope.setLinkedPod("warm", { pod: 0 }, 600).then(Boolean, () => false);
    await until("the connection stands", isWarm);
    await admin.config("RESETSTAT");
  });
  afterEach(async () => {
    await store.close();
    admin.disconnect();
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const scriptCalls = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info("commandstats"))?.[1] ?? 0);

  it("a lost answer: TIMEOUT, unknown, applied once", async () => {
    proxy.mode = "drop";
    const write = scope.setLinkedPod("u", { pod: 1 }, 600).catch((error: unknown) => error);
    await until("the server has it", async () => (await scriptCalls()) === 1);
    expect(await write).toMatchObject({ code: "TIMEOUT", outcome: "unknown", retryable: true });
    proxy.mode = "pass";
    proxy.cut();
    expect(await scope.getLinkedPod("u", patient)).toMatchObject({ pod: 1 });
    // Whatever the client had kept to send again came before this read, on the same connection.
    expect(await scriptCalls()).toBe(1);
  });

  it("a connection cut before the answer: UNAVAILABLE, unknown, applied once", async () => {
    proxy.mode = "drop";
    const write = scope.setLinkedPod("u", { pod: 1 }, 600).catch((error: unknown) => error);
    await until("the server has it", async () => (await scriptCalls()) === 1);
    proxy.cut();
    proxy.mode = "pass";
    const failure = (await write) as ExecutorError;
    expect(failure).toBeInstanceOf(ExecutorError);
    expect(["UNAVAILABLE", "TIMEOUT"]).toContain(failure.code);
    expect(failure.outcome).toBe("unknown");
    expect(await scope.getLinkedPod("u", patient)).toMatchObject({ pod: 1 });
    expect(await scriptCalls()).toBe(1);
  });

  it("a frozen connection: callers are told in time, and a new connection takes its place", async () => {
    proxy.mode = "freeze";
    const calls = ["a", "b", "c"].map((uid) => scope.setLinkedPod(uid, { pod: 1 }, 60));
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "TIMEOUT", outcome: "unknown" } });
    }
    proxy.mode = "pass";
    // What was frozen never reached the server, and is not sent again on the new connection.
    expect(await scope.getLinkedPod("a", patient)).toBeUndefined();
    expect(await scriptCalls()).toBe(0);
  });

  it("a slow connection is only slow", async () => {
    proxy.delayMs = 50;
    await using waiting = new RedisStore({ url: `redis://127.0.0.1:${proxy.port}`, ...patient });
    const slow = new StatefulExecutor({ store: waiting }).scope(name);
    expect(await slow.setLinkedPod("u", { pod: 1 }, 60)).toMatchObject({ link: { pod: 1 } });
  });

  it("histories with unknown outcomes are linearizable", async () => {
    const uids = Array.from({ length: 10 }, (_, index) => `u${index}`);
    let isOver = false;
    const misbehave = async (): Promise<void> => {
      while (!isOver) {
        await sleep(20);
        proxy.mode = "drop";
        await sleep(5);
        proxy.cut();
        proxy.mode = "pass";
      }
    };
    const chaos = misbehave();
    const histories = await record(
      Array.from({ length: 8 }, () => scope),
      uids,
      40,
      1234,
    );
    isOver = true;
    await chaos;
    expect([...histories.values()].flat()).not.toEqual([]);
    for (const history of histories.values()) expect(isLinearizable(history)).toBe(true);
  });
});
