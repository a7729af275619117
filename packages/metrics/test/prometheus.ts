import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithUs } from "../../../tools/end-with-us.ts";
import { freePort } from "../../../tools/free-port.ts";

const howTo = `A real Prometheus is needed, and none was found. Install it, with promtool:
  Debian, Ubuntu   sudo apt-get install --no-install-recommends prometheus
  macOS            brew install prometheus`;

/** The path of a program of Prometheus. Throws with the sentence that says what to install. */
export const findProgram = (name: "prometheus" | "promtool"): string => {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/opt/homebrew/bin"]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  throw new Error(howTo);
};

/** What promtool said, and its exit code: 0 fine, 3 lint findings, 1 an error. */
export const promtool = (args: readonly string[], stdin = ""): Promise<{ code: number; output: string }> =>
  new Promise((resolve) => {
    const child = execFile(findProgram("promtool"), args, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, output: stdout + stderr }),
    );
    child.stdin?.end(stdin);
  });

/** One sample of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A Prometheus that a test started for itself on loopback, with its data in a temporary folder. */
export interface Prometheus extends AsyncDisposable {
  /** An instant query. Throws what Prometheus says against it. */
  query(expression: string): Promise<readonly Sample[]>;
  /** The `data` of an answer of the HTTP API. */
  api<Data>(path: string, parameters?: Readonly<Record<string, string>>): Promise<Data>;
}

interface Running {
  readonly base: string;
  stop(): Promise<void>;
}

/** Runs the binary on a port that was free a moment ago; what it said when it ended before it was ready. */
const tryToRun = async (binary: string, config: unknown): Promise<Running | string> => {
  const folder = mkdtempSync(join(tmpdir(), "route-prometheus-"));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
  const child = spawn(
    binary,
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--enable-feature=exemplar-storage",
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  endWithUs(child);
  let log = "";
  child.stderr.on("data", (data) => {
    log += data;
  });
  let hasEnded = false;
  const ended = once(child, "close").then(() => {
    hasEnded = true;
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  // Somebody else's server on that port could be ready, too: it is ours only while the child lives.
  const isReady = (): Promise<boolean> =>
    fetch(`${base}/-/ready`).then(
      ({ ok }) => ok && !hasEnded,
      () => false,
    );
  for (let attempt = 0; attempt < 1200 && !hasEnded; attempt++) {
    if (await isReady()) return { base, stop };
    await sleep(50);
  }
  await stop();
  return log;
};

/** Starts Prometheus with this configuration (YAML, of which JSON is a part) and waits until it is ready. */
export const startPrometheus = async (config: unknown): Promise<Prometheus> => {
  const binary = findProgram("prometheus");
  let running = await tryToRun(binary, config);
  // Between the choice of a port and its use another process may take it: then on another port.
  for (let attempt = 1; attempt < 5 && typeof running === "string"; attempt++) running = await tryToRun(binary, config);
  if (typeof running === "string") throw new Error(`Prometheus did not become ready: ${running}`);
  const { base, stop } = running;
  const api: Prometheus["api"] = async (path, parameters = {}) => {
    const response = await fetch(`${base}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { data, error } = (await response.json()) as { data: never; error?: string };
    if (error !== undefined) throw new Error(`${path} ${JSON.stringify(parameters)}: ${error}`);
    return data;
  };
  return {
    api,
    query: async (query) => (await api<{ result: readonly Sample[] }>("query", { query })).result,
    [Symbol.asyncDispose]: stop,
  };
};
