import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";

/** The path of redis-server or valkey-server, or `undefined`. */
export const findRedisBinary = (): string | undefined => {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
  for (const name of ["redis-server", "valkey-server"]) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {}
    }
  }
  return undefined;
};

/** A Redis server that a test started for itself on a free loopback port, with its data in a temporary folder. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Sends a signal, e.g. SIGSTOP, SIGCONT, SIGKILL. */
  signal(name: NodeJS.Signals): void;
  /** kill -9, and the end of the process awaited. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  restart(): Promise<void>;
}

const answersPing = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(500, () => socket.destroy());
    socket.once("data", (data) => {
      resolve(data.toString().startsWith("+PONG"));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });

const redisBinary = (): string => {
  const binary = findRedisBinary();
  if (binary) return binary;
  throw new Error("redis-server is not on PATH: run `pnpm test`, which provides it, or install redis-server");
};

/** Starts a server with `appendonly yes` (a link store must not forget) and `args` after it. */
export const startRedis = async (args: readonly string[] = []): Promise<RedisServer> => {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "route-redis-"));
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  return run(port, folder, [...options, "--appendonly", "yes", "--appendfsync", "everysec", ...args]);
};

/** Runs the binary with `args` until it answers on `port`; removes `folder` at the end. */
const run = async (port: number, folder: string, args: readonly string[]): Promise<RedisServer> => {
  const binary = redisBinary();
  let child: ChildProcess;

  const start = async (): Promise<void> => {
    child = spawn(binary, args, { stdio: "ignore" });
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await answersPing(port)) return;
      await sleep(25);
    }
    throw new Error(`${binary} did not answer PING on port ${port} within 5 s`);
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  const onExit = (): void => void child.kill("SIGKILL");

  await start();
  process.once("exit", onExit);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    signal: (name) => void child.kill(name),
    kill,
    restart: start,
    async [Symbol.asyncDispose]() {
      process.off("exit", onExit);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The server named by REDIS_URL, or one of the test's own. */
export const redisForTests = async (): Promise<Pick<RedisServer, "url" | typeof Symbol.asyncDispose>> => {
  const url = process.env["REDIS_URL"];
  return url ? { url, [Symbol.asyncDispose]: async () => {} } : startRedis();
};

/** Several servers that belong together. */
export interface RedisServers extends AsyncDisposable {
  readonly servers: readonly RedisServer[];
}

const together = (servers: readonly RedisServer[]): RedisServers => ({
  servers,
  async [Symbol.asyncDispose]() {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  },
});

/** Starts a Redis Cluster of `masters` nodes, each with so many `replicas`; the masters come first. */
export const startCluster = async ({ masters = 3, replicas = 0 } = {}): Promise<RedisServers> => {
  const node = async (): Promise<RedisServer> => {
    const busPort = `${await freePort()}`;
    const options = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", busPort];
    return startRedis([...options, "--cluster-node-timeout", "2000", "--appendonly", "no"]);
  };
  const servers = await Promise.all(Array.from({ length: masters * (1 + replicas) }, node));
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  const cli = redisBinary().replace(/-server$/, "-cli");
  const create = ["--cluster", "create", ...addresses, "--cluster-replicas", `${replicas}`, "--cluster-yes"];
  await promisify(execFile)(cli, create);
  const ask = async ({ port }: RedisServer, ...command: string[]): Promise<string> =>
    (await promisify(execFile)(cli, ["-p", `${port}`, ...command])).stdout;
  for (let attempt = 0; attempt < 200; attempt++) {
    const states = await Promise.all(servers.map((server) => ask(server, "cluster", "info")));
    const links = await Promise.all(servers.map((server) => ask(server, "info", "replication")));
    // A replica that has never seen its master's data cannot take over.
    const following = links.filter((info) => info.includes("master_link_status:up")).length;
    const isOk = states.every((state) => state.includes("cluster_state:ok"));
    if (isOk && following === masters * replicas) return together(servers);
    await sleep(50);
  }
  throw new Error("the cluster was not ready within 10 s");
};

/** Starts `count` Sentinels that watch `master` under the name `main`. */
export const startSentinels = async (master: RedisServer, count = 3): Promise<RedisServers> => {
  const sentinel = async (): Promise<RedisServer> => {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "route-sentinel-"));
    const settings = [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 2`,
      "sentinel down-after-milliseconds main 1000",
      "sentinel failover-timeout main 5000",
    ];
    writeFileSync(join(folder, "sentinel.conf"), `${settings.join("\n")}\n`);
    return run(port, folder, [join(folder, "sentinel.conf"), "--sentinel"]);
  };
  return together(await Promise.all(Array.from({ length: count }, sentinel)));
};
