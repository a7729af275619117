import { setTimeout as sleep } from "node:timers/promises";
import { startCluster } from "../../../../tools/redis-topologies.ts";
import { never, type Scenario, told } from "./scenario.ts";
import { common, noneFailed } from "./verdicts.ts";
import { openWorld } from "./world.ts";

// A node counts as lost after 2 s, and its replica is elected within another second or two.
const leaseMs = 15_000;
const failoverMs = 8000;

export const clusterFailover: Scenario = {
  name: "cluster-failover",
  story:
    "A master of the Redis Cluster that holds the links is killed, and its replica takes over: users notice nothing.",
  run: async (settings) => {
    await using cluster = await startCluster({ masters: 3, replicas: 1 });
    const redisUrl = cluster.servers.map(({ url }) => url).join(",");
    await using world = await openWorld(settings, { redisUrl, leaseMs });
    const { load } = world;
    load.start();
    await sleep(settings.durationMs / 4);
    await cluster.servers[0]!.kill();
    await sleep(Math.max((settings.durationMs * 3) / 4, failoverMs));
    await load.stop();
    const newcomers = Array.from({ length: 100 }, (_, index) => `late-${index}`);
    await load.warm(newcomers);
    return [
      noneFailed("failed requests", load.book.failures()),
      never("sessions that moved", load.book.moved.size),
      ...common(world),
      told("newcomers linked after it", `${newcomers.length}`),
    ];
  },
};
