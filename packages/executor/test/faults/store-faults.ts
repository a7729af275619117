// What can happen to a single server; outages are longer than a lease. Each of these answers what it came to.
import { setTimeout as sleep } from "node:timers/promises";
import { type RedisServer, startRedis } from "../../../../tools/redis-server.ts";
import { machineMs } from "./pod-log.ts";
import { ask } from "./redis-admin.ts";
import { type Conditions, type Damage, type Outcome, type Stage, trial } from "./trial.ts";

/** Outages last so many leases: every pod's lease ends, and nobody may take that for its death. */
const outageLeases = 1.3;

const onServer =
  (fault: (server: RedisServer, stage: Stage) => Promise<Damage>) =>
  async (conditions: Conditions): Promise<Outcome> => {
    await using server = await startRedis(["--appendfsync", "always"]);
    return await trial({ ...conditions, store: { url: server.url } }, (stage) => fault(server, stage));
  };

export const killRedisWithAof = onServer(async (server, { leaseMs }) => {
  const startMs = machineMs();
  await server.kill();
  await sleep(outageLeases * leaseMs);
  await server.restart();
  return { outageMs: machineMs() - startMs };
});

export const flushScripts = onServer(async ({ url }) => {
  for (let round = 0; round < 10; round++) {
    await ask(url, "SCRIPT", "FLUSH");
    await sleep(100);
  }
  return {};
});

export const fillMemory = onServer(async ({ url }, { leaseMs }) => {
  await ask(url, "CONFIG", "SET", "maxmemory-policy", "noeviction");
  const startMs = machineMs();
  await ask(url, "CONFIG", "SET", "maxmemory", "1");
  await sleep(outageLeases * leaseMs);
  await ask(url, "CONFIG", "SET", "maxmemory", "0");
  return { outageMs: machineMs() - startMs };
});

export const flushAll = onServer(async ({ url }) => {
  await ask(url, "FLUSHALL");
  return {};
});
