import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithUs } from "./end-with-us.ts";
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

/** Whether it is the process `pid` that answers on `port`, with its data loaded: another's server may have the port. */
const answers = (port: number, pid: number | undefined): Promise<boolean> =>
  new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write("INFO server\r\nPING\r\n"));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (data) => {
      text += data;
      if (/^(\+PONG|-)/m.test(text)) socket.destroy();
    });
    socket.once("error", () => {});
    socket.once("close", () => resolve(text.includes(`process_id:${pid}\r`) && text.includes("+PONG")));
  });

export const redisBinary = (): string => {
  const binary = findRedisBinary();
  if (binary) return binary;
  throw new Error("redis-server is not on PATH: run `pnpm test`, which provides it, or install redis-server");
};

/** Starts a server with `appendonly yes` (a link store must not forget) and `args` after it. */
export const startRedis = (args: readonly string[] = []): Promise<RedisServer> =>
  startServer((port, folder) => [
    ...serverOptions(port, folder),
    ...["--appendonly", "yes", "--appendfsync", "everysec", ...args],
  ]);

/** What every server of the tests has: its port, loopback only, its folder, no snapshots. */
export const serverOptions = (port: number, folder: string): readonly string[] => [
  ...["--port", `${port}`, "--bind", "127.0.0.1"],
  ...["--dir", folder, "--save", ""],
];

/** Runs the binary with the arguments for a free port and an empty folder; the folder is removed at the end. */
export const startServer = async (
  argsFor: (port: number, folder: string) => readonly string[] | Promise<readonly string[]>,
): Promise<RedisServer> => {
  for (let attempt = 1; ; attempt++) {
    const folder = mkdtempSync(join(tmpdir(), "route-redis-"));
    const port = await freePort();
    const server = serverOn(port, folder, await argsFor(port, folder));
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      // The port was taken between the look and the start.
      if (attempt === maxAttempts) throw error;
    }
  }
};

const maxAttempts = 5;
const startTimeoutMs = 30_000;

/** Resolves when the process answers on `port`; rejects with the end of its log when it ends or stays silent. */
const ready = async (child: ChildProcess, port: number, logFile: string): Promise<void> => {
  const deadlineMs = performance.now() + startTimeoutMs;
  while (!hasEnded(child) && performance.now() < deadlineMs) {
    if (await answers(port, child.pid)) return;
    await sleep(25);
  }
  const what = hasEnded(child) ? "ended" : `was not ready within ${startTimeoutMs / 1000} s`;
  const log = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-5);
  throw new Error(`the Redis server on port ${port} ${what}; the end of its log:\n${log.join("\n")}`);
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** A server that is not started yet: `restart` does it. */
const serverOn = (port: number, folder: string, args: readonly string[]): RedisServer => {
  const binary = redisBinary();
  const logFile = join(folder, "redis.log");
  let child: ChildProcess | undefined;

  const kill = async (): Promise<void> => {
    if (!child || hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    signal: (name) => void child?.kill(name),
    kill,
    async restart() {
      const log = openSync(logFile, "a");
      child = spawn(binary, args, { stdio: ["ignore", log, log] });
      closeSync(log);
      endWithUs(child);
      await ready(child, port, logFile);
    },
    async [Symbol.asyncDispose]() {
      await kill();
      // A fork that rewrites the log may outlive its server for a moment.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
};

/** The server named by REDIS_URL, or one of the test's own. */
export const redisForTests = async (): Promise<Pick<RedisServer, "url" | typeof Symbol.asyncDispose>> => {
  const url = process.env["REDIS_URL"];
  return url ? { url, [Symbol.asyncDispose]: async () => {} } : startRedis();
};
