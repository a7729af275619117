import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedis } from "../../../tools/redis-server.ts";
import { type RedisServers, startCluster, startSentinels } from "../../../tools/redis-topologies.ts";
import { ExecutorError } from "../src/errors.ts";
import { StatefulExecutor } from "../src/executor.ts";
import { RedisStore } from "../src/redis.ts";
import { slotOf } from "../src/store/redis/slot.ts";
import { operationsContract } from "./contract/operations-contract.ts";
import { storeContract } from "./contract/store-contract.ts";
import { patienceMs, patient, until } from "./waiting.ts";

const name = { namespace: "e2e", service: "chat" };

describe("Redis Cluster", () => {
  let cluster: RedisServers;
  let urls: string[];
  beforeAll(async () => {
    cluster = await startCluster({ replicas: 1 });
    urls = cluster.servers.slice(0, 2).map(({ url }) => url);
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const open = (layout: "native" | "legacy") => async () => {
    const store = new RedisStore({ cluster: urls, layout, ...patient });
    return { store, close: () => store.close() };
  };
  storeContract("Redis Cluster", () => open("native")());
  operationsContract("Redis Cluster, legacy layout", () => open("legacy")(), { fenced: false });

  it("agrees with the server about slots", async () => {
    const redis = new Redis(cluster.servers[0]!.url);
    for (const key of ["route:1:link:{prod:a}:chat", "sf:{prod:lk:ü:7}chat", "route:1:pods:{prod:chat}"]) {
      expect(slotOf(key)).toBe(await redis.cluster("KEYSLOT", key));
    }
    redis.disconnect();
  });

  it("serves through a caller's Cluster client, which stays open", async () => {
    const client = new Cluster([{ host: "127.0.0.1", port: cluster.servers[0]!.port }]);
    const store = new RedisStore({ client, ...patient });
    const scope = new StatefulExecutor({ store }).scope(name);
    expect(await scope.setLinkedPodIfAbsent("mine", { pod: 1 }, 60)).toMatchObject({ created: true });
    await store.close();
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });

  it("runs the example", async () => {
    const example = join(import.meta.dirname, "../examples/cluster.ts");
    const env = { ...process.env, REDIS_CLUSTER: urls.join() };
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=route-source", example], { env });
    expect(stdout).toContain("100 rooms, room:5 is on pod 2");
  });

  it("reads thousands of uids across all slots in one call", async () => {
    await using store = new RedisStore({ cluster: urls, ...patient });
    const scope = new StatefulExecutor({ store }).scope(name);
    const uids = Array.from({ length: 3000 }, (_, index) => `many-${index}`);
    await Promise.all(uids.map((uid, pod) => scope.setLinkedPod(uid, { pod: pod % 7 }, 60)));
    const links = await scope.batchGetLinkedPod(uids);
    for (const [index, uid] of uids.entries()) expect(links.get(uid)?.pod).toBe(index % 7);
  });

  it("survives a paused master: its replica takes over, callers are told, and the store finds the new one", async () => {
    await using calm = new RedisStore({ cluster: urls, ...patient });
    const uids = Array.from({ length: 30 }, (_, index) => `paused-${index}`);
    for (const uid of uids) await calm.setLink({ ...name, uid }, { pod: 1, incarnation: 1 }, 600);
    // Several, which begin to connect when the master is silent already: some ask it first.
    const stores = Array.from({ length: 10 }, () => new RedisStore({ cluster: urls, timeoutMs: 500 }));
    const scopes = stores.map((store) => new StatefulExecutor({ store }).scope(name));
    const [frozen] = cluster.servers;
    frozen!.signal("SIGSTOP");
    try {
      const failures: ExecutorError[] = [];
      const served = new Set<string>();
      const serveTheRest = async (): Promise<boolean> => {
        const rest = uids.filter((uid) => !served.has(uid));
        const scopeOf = (uid: string) => scopes[uids.indexOf(uid) % scopes.length]!;
        const write = (uid: string) =>
          scopeOf(uid)
            .setLinkedPod(uid, { pod: 2 }, 600)
            .then(() => served.add(uid));
        const answers = await Promise.allSettled(rest.map(write));
        for (const answer of answers) if (answer.status === "rejected") failures.push(answer.reason);
        return served.size === uids.length;
      };
      await until("all are served", serveTheRest, 4 * patienceMs);
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) {
        expect(failure).toBeInstanceOf(ExecutorError);
        expect(["TIMEOUT", "UNAVAILABLE", "TOPOLOGY"]).toContain(failure.code);
        expect(failure.retryable).toBe(true);
      }
    } finally {
      frozen!.signal("SIGCONT");
      await Promise.all(stores.map((store) => store.close()));
    }
  });
});

describe("Sentinel", () => {
  it("follows a killed master to its replica", async () => {
    await using master = await startRedis();
    await using replica = await startRedis(["--replicaof", "127.0.0.1", `${master.port}`]);
    await using sentinels = await startSentinels(master);
    const nodes = sentinels.servers.map(({ port }) => ({ host: "127.0.0.1", port }));
    await using store = new RedisStore({ sentinel: { nodes, masterName: "main" }, timeoutMs: 5000 });
    const scope = new StatefulExecutor({ store }).scope(name);
    // The Sentinels must have seen the replica, and it must have the link, before the master goes.
    const watcher = new Redis(nodes[0]!.port, "127.0.0.1");
    const known = async (kind: string): Promise<number> =>
      ((await watcher.call("SENTINEL", kind, "main")) as unknown[]).length;
    await until("the replica is known", async () => (await known("REPLICAS")) === 1);
    await until("the Sentinels know each other", async () => (await known("SENTINELS")) === 2);
    watcher.disconnect();
    await scope.setLinkedPod("u", { pod: 3 }, "persistent");
    const copy = new Redis(replica.url);
    await until("the replica has the link", async () => (await copy.exists("route:1:link:{e2e:u}:chat")) === 1);
    copy.disconnect();
    await master.kill();
    const link = await scope.getLinkedPod("u", { timeoutMs: 4 * patienceMs });
    expect(link).toMatchObject({ pod: 3 });
    const written = async (): Promise<boolean> => {
      try {
        await scope.setLinkedPod("u", { pod: 4 }, 600);
        return true;
      } catch (error) {
        expect((error as ExecutorError).retryable).toBe(true);
        return false;
      }
    };
    await until("the new master is written to", written, 4 * patienceMs);
    expect(await scope.getLinkedPod("u", patient)).toMatchObject({ pod: 4 });
  });
});
