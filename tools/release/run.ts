import { spawn } from "node:child_process";

export interface Finished {
  /** Exit code; a process that a signal ended has 1. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Return a failure instead of throwing it. */
  readonly allowFailure?: boolean;
}

/** The environment without what the surrounding package manager put into it, so that a nested one starts afresh. */
export const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(?:npm_|pnpm_|vitest|node_options$|node_env$|node_path$|turbo_hash$)/i.test(name),
    ),
  );

/** No step of a release takes a quarter of this; a registry that cannot be reached would make npm retry for longer. */
const limitMs = 180_000;

/** Runs a command to its end without a terminal. Throws with its whole output where it fails or takes over 3 minutes. */
export const run = async (command: string, args: readonly string[], options: RunOptions): Promise<Finished> => {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? cleanEnv(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limitMs,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const status = await new Promise<number>((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`${command} could not be started: ${cause.message}`, { cause })));
    child.once("close", (code, signal) => {
      if (signal !== null) stderr += `\nended by ${signal}`;
      resolve(code ?? 1);
    });
  });
  if (status !== 0 && options.allowFailure !== true)
    throw new Error(`${[command, ...args].join(" ")} ended with ${status} in ${options.cwd}\n${stdout}\n${stderr}`);
  return { status, stdout, stderr };
};
