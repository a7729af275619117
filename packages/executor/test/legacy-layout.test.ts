import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RedisServer, startRedis } from "../../../tools/redis-server.ts";
import { StatefulExecutor } from "../src/executor.ts";
import { RedisStore } from "../src/redis.ts";
import type { ServiceScope } from "../src/scope/service-scope.ts";
import { patient } from "./waiting.ts";

// The other side: the plain commands that the Go client and its scripts send.
describe("legacy layout, shared with the Go and Java versions", () => {
  let server: RedisServer;
  let other: Redis;
  let store: RedisStore;
  let scope: ServiceScope;
  beforeAll(async () => {
    server = await startRedis();
    other = new Redis(server.url);
    store = new RedisStore({ url: server.url, layout: "legacy", ...patient });
    scope = new StatefulExecutor({ store }).scope({ namespace: "prod", service: "chat" });
  });
  afterAll(async () => {
    await store?.close();
    other?.disconnect();
    await server?.[Symbol.asyncDispose]();
  });

  it("writes every key and value to the letter, and nothing besides", async () => {
    await scope.setServiceState(0, "READY");
    await scope.setWorkloadState("Normal");
    await scope.setLinkedPod("u:1", { pod: 0 }, "persistent");
    await scope.setLinkedPod("u2", { pod: 7, incarnation: 5 }, 300);
    expect(await other.hgetall("sf:{prod:state:chat}")).toEqual({ "0": "READY" });
    expect(await other.get("sf:{prod:workload:chat}")).toBe("Normal");
    expect(await other.ttl("sf:{prod:workload:chat}")).toBe(-1);
    expect(await other.get("sf:{prod:lk:u:1}chat")).toBe("0");
    expect(await other.ttl("sf:{prod:lk:u:1}chat")).toBe(-1);
    expect(await other.hgetall("sf:{prod:lk:u:1}")).toEqual({ chat: "0" });
    expect(await other.get("sf:{prod:lk:u2}chat")).toBe("7");
    expect(await other.ttl("sf:{prod:lk:u2}chat")).toBeGreaterThan(200);
    const keys = ["sf:{prod:lk:u2}chat", "sf:{prod:lk:u:1}", "sf:{prod:lk:u:1}chat"];
    expect((await other.keys("*")).sort()).toEqual([...keys, "sf:{prod:state:chat}", "sf:{prod:workload:chat}"]);
  });

  it("moves the index with the link, as the other side's scripts do", async () => {
    await scope.setLinkedPod("idx", { pod: 1 }, "persistent");
    await scope.setLinkedPod("idx", { pod: 2 }, 60);
    expect(await other.hgetall("sf:{prod:lk:idx}")).toEqual({});
    await scope.trySetLinkedPod("idx", { pod: 3 }, "persistent");
    expect(await other.hgetall("sf:{prod:lk:idx}")).toEqual({ chat: "3" });
    const { link } = (await scope.trySetLinkedPod("idx", { pod: 4 }, 60)) as { link: { pod: number } };
    expect(link.pod).toBe(3);
    await scope.removeLinkedPod("idx", { graceSeconds: 300 });
    expect(await other.hgetall("sf:{prod:lk:idx}")).toEqual({});
    expect(await other.get("sf:{prod:lk:idx}chat")).toBe("3");
    expect(await other.ttl("sf:{prod:lk:idx}chat")).toBeGreaterThan(200);
    await scope.removeLinkedPod("idx");
    expect(await other.exists("sf:{prod:lk:idx}chat")).toBe(0);
  });

  it("reads what the other side wrote", async () => {
    await other.set("sf:{prod:lk:go}chat", "12");
    await other.hset("sf:{prod:lk:go}", "chat", "12");
    await other.set("sf:{prod:lk:short}chat", "0", "EX", 300);
    await other.hset("sf:{prod:state:go}", { "3": `0.5-${Date.now()}`, "4": "state", x: "no pod" });
    await other.set("sf:{prod:workload:go}", "Idle");
    await other.set("sf:{prod:workload:java}", "null");
    expect(await scope.getLinkedPodIfPersist("go")).toMatchObject({ pod: 12, fence: 0, incarnation: 0 });
    expect(await scope.getLinkedPod("short")).toMatchObject({ pod: 0, lifetimeSeconds: expect.closeTo(300, -2) });
    expect(await scope.getLinkService("go")).toMatchObject(new Map([["chat", { pod: 12 }]]));
    expect([...(await scope.batchGetLinkedPod(["go", "none", "short"]))].map(([uid, { pod }]) => [uid, pod])).toEqual([
      ["go", 12],
      ["short", 0],
    ]);
    const go = new StatefulExecutor({ store }).scope({ namespace: "prod", service: "go" });
    const states = await go.getServiceState();
    expect([...states.keys()]).toEqual([3, 4]);
    expect(states.get(3)!.ageMs).toBeLessThan(60_000);
    expect(states.get(4)).toEqual({ pod: 4, state: "state", ageMs: undefined });
    const workloads = await go.getWorkloadStateBatch(["go", "java", "none"]);
    expect([...workloads.keys()]).toEqual(["go"]);
    expect(await go.computeLinkIfAbsent("new", 60)).toMatchObject({ link: { pod: 3 } });
  });

  it("mends an index that the other side left behind, and forgets pods that said nothing for a week", async () => {
    await other.hset("sf:{prod:lk:old}", { chat: "1", gone: "2", moved: "3" });
    await other.set("sf:{prod:lk:old}chat", "1");
    await other.set("sf:{prod:lk:old}moved", "4");
    expect([...(await scope.getLinkService("old"))].map(([service, { pod }]) => [service, pod]).sort()).toEqual([
      ["chat", 1],
      ["moved", 4],
    ]);
    expect(await other.hgetall("sf:{prod:lk:old}")).toEqual({ chat: "1", moved: "4" });
    await other.hset("sf:{prod:state:week}", { "1": `0-${Date.now() - 8 * 86_400_000}`, "2": "READY" });
    const week = new StatefulExecutor({ store }).scope({ namespace: "prod", service: "week" });
    expect([...(await week.getServiceState()).keys()]).toEqual([2]);
    expect(await other.hkeys("sf:{prod:state:week}")).toEqual(["2"]);
  });

  it("CORRUPT_VALUE for a link that is no pod id; no leases", async () => {
    await other.set("sf:{prod:lk:bad}chat", "-1");
    await expect(scope.getLinkedPod("bad")).rejects.toMatchObject({ code: "CORRUPT_VALUE" });
    await expect(scope.pods()).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message: /legacy layout/ });
  });
});

describe("native layout", () => {
  it("mends an index that names links which are gone", async () => {
    await using server = await startRedis();
    const redis = new Redis(server.url);
    await using store = new RedisStore({ url: server.url, ...patient });
    const scope = new StatefulExecutor({ store }).scope({ namespace: "n", service: "s" });
    await scope.setLinkedPod("u", { pod: 1 }, "persistent");
    await redis.sadd("route:1:links:{n:u}", "gone");
    expect([...(await scope.getLinkService("u")).keys()]).toEqual(["s"]);
    expect(await redis.smembers("route:1:links:{n:u}")).toEqual(["s"]);
    const old = `${Date.now() - 8 * 86_400_000}:READY`;
    await redis.hset("route:1:states:{n:s}", "5", old);
    await scope.setServiceState(6, "READY");
    expect([...(await scope.getServiceState()).keys()]).toEqual([6]);
    expect(await redis.hkeys("route:1:states:{n:s}")).toEqual(["6"]);
    redis.disconnect();
  });
});
