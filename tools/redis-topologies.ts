import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { type RedisServer, redisBinary, serverOptions, startServer } from "./redis-server.ts";

/** Several servers that belong together. */
export interface RedisServers extends AsyncDisposable {
  readonly servers: readonly RedisServer[];
}

/** Starts so many, or none when one of them fails. */
const startTogether = async (count: number, start: () => Promise<RedisServer>): Promise<RedisServers> => {
  const started = await Promise.allSettled(Array.from({ length: count }, start));
  const fleet = together(started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
  const failed = started.find((one) => one.status === "rejected");
  if (!failed) return fleet;
  await fleet[Symbol.asyncDispose]();
  throw failed.reason;
};

const together = (servers: readonly RedisServer[]): RedisServers => ({
  servers,
  async [Symbol.asyncDispose]() {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  },
});

const cli = (port: number, ...command: string[]): Promise<string> =>
  promisify(execFile)(redisBinary().replace(/-server$/, "-cli"), ["-p", `${port}`, ...command]).then(
    ({ stdout }) => stdout,
  );

const formsTimeoutMs = 60_000;

/** Makes one cluster of the servers and waits until each node says that it is well. */
const formCluster = async (ports: readonly number[], replicasEach: number, replicas: number): Promise<void> => {
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  await cli(ports[0]!, "--cluster", "create", ...addresses, "--cluster-replicas", `${replicasEach}`, "--cluster-yes");
  const deadlineMs = performance.now() + formsTimeoutMs;
  while (performance.now() < deadlineMs) {
    const states = await Promise.all(ports.map((port) => cli(port, "cluster", "info")));
    const links = await Promise.all(ports.map((port) => cli(port, "info", "replication")));
    // A replica that has never seen its master's data cannot take over.
    const following = links.filter((info) => info.includes("master_link_status:up")).length;
    if (following === replicas && states.every((state) => state.includes("cluster_state:ok"))) return;
    await sleep(50);
  }
  throw new Error(`the cluster was not ready within ${formsTimeoutMs / 1000} s`);
};

/** Starts a Redis Cluster of `masters` nodes, each with so many `replicas`; the masters come first. */
export const startCluster = async ({ masters = 3, replicas = 0 } = {}): Promise<RedisServers> => {
  const fleet = await startTogether(masters * (1 + replicas), () =>
    startServer(async (port, folder) => [
      ...serverOptions(port, folder),
      ...["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", `${await freePort()}`],
      ...["--cluster-node-timeout", "2000", "--appendonly", "no"],
    ]),
  );
  try {
    const ports = fleet.servers.map(({ port }) => port);
    await formCluster(ports, replicas, masters * replicas);
  } catch (error) {
    await fleet[Symbol.asyncDispose]();
    throw error;
  }
  return fleet;
};

/** Starts `count` Sentinels that watch `master` under the name `main`. */
export const startSentinels = (master: RedisServer, count = 3): Promise<RedisServers> =>
  startTogether(count, () =>
    startServer((port, folder) => {
      const settings = [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${folder}`,
        `sentinel monitor main 127.0.0.1 ${master.port} 2`,
        "sentinel down-after-milliseconds main 1000",
        "sentinel failover-timeout main 5000",
      ];
      const file = join(folder, "sentinel.conf");
      writeFileSync(file, `${settings.join("\n")}\n`);
      return [file, "--sentinel"];
    }),
  );
