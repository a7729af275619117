// What can happen to replicated servers: another node becomes the master, planned or forced, and what was acknowledged
// may be lost. Each of these answers what it came to.
import { setTimeout as sleep } from "node:timers/promises";
import { type RedisServer, startRedis } from "../../../../tools/redis-server.ts";
import { startCluster, startSentinels } from "../../../../tools/redis-topologies.ts";
import { podsKey } from "../../src/store/redis/keys.ts";
import type { ServiceName } from "../../src/types.ts";
import { until } from "../until.ts";
import { machineMs } from "./pod-log.ts";
import { ask } from "./redis-admin.ts";
import { type Conditions, type Damage, type Outcome, trial } from "./trial.ts";

/** Longer than twice a failover: held uids must not even notice it. */
const longLeaseMs = 10_000;
const sentinelName = "main";

/** A master and the replicas of which one is to take its place. */
interface Shard {
  readonly master: RedisServer;
  readonly replicas: readonly RedisServer[];
}

/** Until one of the replicas is the master. */
const promoted = ({ replicas }: Shard): Promise<void> =>
  until("a replica is the master", async () => {
    const roles = await Promise.all(replicas.map(({ url }) => ask(url, "ROLE") as Promise<string[]>));
    return roles.some(([role]) => role === "master");
  });

type SlotRange = readonly [first: number, last: number, ...nodes: readonly [host: string, port: number][]];

/** The shard of a cluster that has the service's leases. */
const leaseShard = async (servers: readonly RedisServer[], service: ServiceName): Promise<Shard> => {
  const { url } = servers[0]!;
  const slot = Number(await ask(url, "CLUSTER", "KEYSLOT", podsKey(service)));
  const ranges = (await ask(url, "CLUSTER", "SLOTS")) as SlotRange[];
  const [, , ...nodes] = ranges.find(([first, last]) => first <= slot && slot <= last)!;
  const [master, ...replicas] = nodes.map((node) => servers.find(({ port }) => port === node[1])!);
  return { master: master!, replicas };
};

const onCluster =
  (
    options: { readonly leaseMs?: number; readonly replicas?: number; readonly ackReplicas?: number },
    fault: (shard: Shard) => Promise<Damage>,
  ) =>
  async (conditions: Conditions): Promise<Outcome> => {
    const { replicas = 1, ackReplicas = 0, ...lease } = options;
    await using cluster = await startCluster({ replicas });
    const store = { cluster: cluster.servers.map(({ url }) => url), ackReplicas };
    return await trial({ ...conditions, ...lease, store }, async ({ service }) =>
      fault(await leaseShard(cluster.servers, service)),
    );
  };

/** The time from now until a replica has taken over; `outageMs` is then what it took to detect. */
const outage = async (shard: Shard): Promise<Damage> => {
  const startMs = machineMs();
  await promoted(shard);
  return { outageMs: machineMs() - startMs };
};

export const failOverClusterPlanned = onCluster({}, async (shard) => {
  await ask(shard.replicas[0]!.url, "CLUSTER", "FAILOVER");
  return outage(shard);
});

/** The master dies. Of two replicas one has every link; the other one acknowledges the next ones. */
export const failOverClusterAcknowledged = onCluster({ replicas: 2, ackReplicas: 1 }, async (shard) => {
  shard.master.signal("SIGKILL");
  return outage(shard);
});

/** The master wakes up a second after a replica has taken its place. */
const freezeMaster = async (shard: Shard): Promise<Damage> => {
  shard.master.signal("SIGSTOP");
  try {
    return await outage(shard);
  } finally {
    await sleep(1000);
    shard.master.signal("SIGCONT");
  }
};

export const failOverClusterForced = onCluster({ leaseMs: longLeaseMs }, freezeMaster);

const onSentinel =
  (lease: { readonly leaseMs?: number }, fault: (shard: Shard, sentinel: RedisServer) => Promise<Damage>) =>
  async (conditions: Conditions): Promise<Outcome> => {
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
    const store = { sentinel: { nodes, masterName: sentinelName } };
    return await trial({ ...conditions, ...lease, store }, () => fault({ master, replicas: [replica] }, sentinel!));
  };

export const failOverSentinelPlanned = onSentinel({}, async (shard, sentinel) => {
  await ask(sentinel.url, "SENTINEL", "FAILOVER", sentinelName);
  return outage(shard);
});

export const failOverSentinelFrozen = onSentinel({ leaseMs: longLeaseMs }, freezeMaster);
