import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { until } from "./harness.ts";
import { own } from "./owned.ts";

/** On a busy machine four processes take their time to start. */
export const patienceSeconds = 120;

const main = join(import.meta.dirname, "../src/main.ts");

/** Runs the demo as `pnpm demo` does. Without `REDIS_URL`, unless `env` has it. */
export const run = (args: readonly string[], env: Record<string, string> = {}) => {
  const child = own(
    spawn(process.execPath, ["--conditions=route-source", main, ...args], {
      env: { ...process.env, REDIS_URL: "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  const output = { text: "" };
  const keep = (chunk: Buffer): void => {
    output.text += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  // After the last output, which may come later than the exit.
  const exit = once(child, "close").then(([code]) => code as number | null);
  return { child, output, exit };
};

/** The same on free ports, when it has introduced itself. */
export const start = async (args: readonly string[] = [], env: Record<string, string> = {}) => {
  const demo = run(["--port", "0", "--admin-port", "0", ...args], env);
  const { child, output } = demo;
  const isIntroduced = (): boolean => {
    if (child.exitCode !== null) throw new Error(`the demo ended: ${output.text}`);
    return output.text.includes("Ctrl-C ends everything");
  };
  await until("the introduction", isIntroduced, patienceSeconds);
  const find = (pattern: RegExp): string => pattern.exec(output.text)?.[1] ?? "";
  const pids = [...output.text.matchAll(/\(pid (\d+)\)/g)].map((match) => Number(match[1]));
  const adminUrl = find(/admin +(http:\S+)\/\?token=/);
  const token = find(/\?token=(\S+)/);
  const admin = async (path: string): Promise<unknown> =>
    (await fetch(adminUrl + path, { headers: { authorization: `Bearer ${token}` } })).json();
  return { ...demo, url: find(/gateway +(http:\S+)/), pids, admin };
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
