import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
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

/** Starts Prometheus with this configuration (YAML, of which JSON is a part) and waits until it is ready. */
export const startPrometheus = async (config: unknown): Promise<Prometheus> => {
  const binary = findProgram("prometheus");
  const folder = mkdtempSync(join(tmpdir(), "route-prometheus-"));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
  const child: ChildProcess = spawn(
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
  let log = "";
  child.stderr?.on("data", (data) => {
    log += data;
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const api: Prometheus["api"] = async (path, parameters = {}) => {
    const response = await fetch(`${base}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { data, error } = (await response.json()) as { data: never; error?: string };
    if (error !== undefined) throw new Error(`${path} ${JSON.stringify(parameters)}: ${error}`);
    return data;
  };

  const isReady = (): Promise<boolean> =>
    fetch(`${base}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (let attempt = 0; !(await isReady()); attempt++) {
    if (attempt === 200 || child.exitCode !== null) {
      await stop();
      throw new Error(`Prometheus did not become ready: ${log}`);
    }
    await sleep(50);
  }
  return {
    api,
    query: async (query) => (await api<{ result: readonly Sample[] }>("query", { query })).result,
    [Symbol.asyncDispose]: stop,
  };
};
