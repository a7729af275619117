// What can happen to replicated servers: another node becomes the master, planned or forced, and what was acknowledged
// may be lost. Each of these answers what it came to.
import { setTimeout as sleep } from "node:timers/promises";
import { type RedisServer, startCluster, startRedis, startSentinels } from "../../../../tools/redis-server.ts";
import { podsKey } from "../../src/store/redis/keys.ts";
import type { ServiceName } from "../../src/types.ts";
import { until } from "../waiting.ts";
import { machineMs } from "./pod-log.ts";
import { ask } from "./redis-admin.ts";
import { type Damage, type Outcome, type Stage, trial } from "./trial.ts";

/** Longer than twice a failover: held uids must not even notice it. */
const longLeaseMs = 10_000;
const sentinelName = "main";

/** A master and the replica that is to take its place. */
interface Shard {
  readonly master: RedisServer;
  readonly replica: RedisServer;
}

const becomesMaster = ({ url }: RedisServer): Promise<void> =>
  until("the replica is the master", async () => ((await ask(url, "ROLE")) as string[])[0] === "master");

type SlotRange = readonly [first: number, last: number, ...nodes: readonly [host: string, port: number][]];

/** The shards of a cluster, the one with the service's leases first. */
const shardsOf = async (servers: readonly RedisServer[], service: ServiceName): Promise<Shard[]> => {
  const { url } = servers[0]!;
  const slot = Number(await ask(url, "CLUSTER", "KEYSLOT", podsKey(service)));
  const ranges = (await ask(url, "CLUSTER", "SLOTS")) as SlotRange[];
  const holdsLeases = ([first, last]: SlotRange): boolean => first <= slot && slot <= last;
  const at = (node: readonly [string, number] | undefined) => servers.find(({ port }) => port === node?.[1])!;
  return ranges
    .toSorted((a, b) => Number(holdsLeases(b)) - Number(holdsLeases(a)))
    .map(([, , master, replica]) => ({ master: at(master), replica: at(replica) }));
};

const onCluster = async (
  leaseMs: number | undefined,
  fault: (shards: readonly Shard[], stage: Stage) => Promise<Damage>,
): Promise<Outcome> => {
  await using cluster = await startCluster({ replicas: true });
  const store = { cluster: cluster.servers.map(({ url }) => url), timeoutMs: 500 };
  return await trial({ store, ...(leaseMs && { leaseMs }) }, async (stage) =>
    fault(await shardsOf(cluster.servers, stage.service), stage),
  );
};

export const failOverClusterPlanned = (): Promise<Outcome> =>
  onCluster(undefined, async ([shard]) => {
    await ask(shard!.replica.url, "CLUSTER", "FAILOVER");
    await becomesMaster(shard!.replica);
    return {};
  });

/** The master wakes up after its replica has taken its place. */
const freezeMaster = async ({ master, replica }: Shard): Promise<Damage> => {
  const startMs = machineMs();
  master.signal("SIGSTOP");
  try {
    await becomesMaster(replica);
    return { outageMs: machineMs() - startMs };
  } finally {
    await sleep(1000);
    master.signal("SIGCONT");
  }
};

export const failOverClusterForced = (): Promise<Outcome> => onCluster(longLeaseMs, ([shard]) => freezeMaster(shard!));

const onSentinel = async (
  leaseMs: number | undefined,
  fault: (shard: Shard, sentinel: RedisServer) => Promise<Damage>,
): Promise<Outcome> => {
  await using master = await startRedis();
  await using replica = await startRedis(["--replicaof", "127.0.0.1", `${master.port}`]);
  await using sentinels = await startSentinels(master);
  const [sentinel] = sentinels.servers;
  const known = async (kind: string): Promise<number> =>
    ((await ask(sentinel!.url, "SENTINEL", kind, sentinelName)) as unknown[]).length;
  await until(
    "the Sentinels know the replica and each other",
    async () => (await known("REPLICAS")) === 1 && (await known("SENTINELS")) === 2,
  );
  const nodes = sentinels.servers.map(({ port }) => ({ host: "127.0.0.1", port }));
  const store = { sentinel: { nodes, masterName: sentinelName }, timeoutMs: 500 };
  return await trial({ store, ...(leaseMs && { leaseMs }) }, () => fault({ master, replica }, sentinel!));
};

export const failOverSentinelPlanned = (): Promise<Outcome> =>
  onSentinel(undefined, async ({ replica }, sentinel) => {
    const startMs = machineMs();
    await ask(sentinel.url, "SENTINEL", "FAILOVER", sentinelName);
    await becomesMaster(replica);
    return { outageMs: machineMs() - startMs };
  });

export const failOverSentinelFrozen = (): Promise<Outcome> => onSentinel(longLeaseMs, (shard) => freezeMaster(shard));

export const flushAll = async (): Promise<Outcome> => {
  await using server = await startRedis();
  return await trial({ store: { url: server.url, timeoutMs: 500 } }, async () => {
    await ask(server.url, "FLUSHALL");
    return {};
  });
};
