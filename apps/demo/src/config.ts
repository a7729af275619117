import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { RunOptions } from "./scenarios/run.ts";

/** How the demo runs. Every value comes from a flag, else from the environment, else from the defaults. */
export interface DemoConfig {
  readonly namespace: string;
  readonly service: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly adminPort: number;
  readonly pods: number;
  /** How many gateways run side by side, on ports one after the other. Default 1. */
  readonly gateways?: number | undefined;
  readonly leaseMs: number;
  readonly drainMs: number;
  /** Without it the store is embedded in the gateway's process. */
  readonly redisUrl?: string | undefined;
  readonly adminToken: string;
  /** Shared by gateway and pods. */
  readonly secret: string;
  /** What pods do at the end of a lease that they cannot renew. Default `refuse`. */
  readonly onStoreLost?: "refuse" | "serve" | undefined;
  /** Where pods log what they serve. */
  readonly logFolder?: string | undefined;
  /** Where spans are appended as JSON lines. */
  readonly traceFile?: string | undefined;
  /** Where the gateway appends a JSON line for each request. */
  readonly accessLog?: string | undefined;
  /** The share of traces that is kept, 0 to 1. Default 1. */
  readonly traceRatio?: number | undefined;
}

/** The command line of the demo, for `--help`. */
export const usage = `Usage: pnpm demo [options]

A gateway in front of pods that hold state in memory.

  --port N         the gateway's port                      PORT                8080
  --admin-port N   metrics, report, links and pods         ADMIN_PORT          8081
  --pods N         how many pods                           PODS                3
  --lease-ms N     how long a silent pod counts as alive   ROUTE_LEASE_MS      2000
  --drain-ms N     how long a pod serves on after SIGTERM  ROUTE_DRAIN_MS      10000
  --log-folder D   pods log each request served there      ROUTE_LOG_FOLDER
  --trace-file F   spans are appended there as JSON lines  ROUTE_TRACE_FILE
  --gateways N     how many gateways, on ports in a row    GATEWAYS            1
  --access-log F   requests are appended there as lines    ROUTE_ACCESS_LOG
  --scenario NAME  runs one with real processes, or "all", prints what was found, exits 0 or 1
  --short          with --scenario: 5 s each in place of 30
  --report F       with --scenario all: the report         scenarios.md
  --help

  REDIS_URL            keep links in this Redis; without it the store is embedded
  ROUTE_ADMIN_TOKEN    the admin listener's token; without it one is made up and printed

Port 0 takes any free port.`;

const integer = (name: string, text: string, least: number, most: number): number => {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name} must be an integer from ${least} to ${most}, got ${JSON.stringify(text)}`);
};

const flags = {
  port: { type: "string" },
  "admin-port": { type: "string" },
  pods: { type: "string" },
  "lease-ms": { type: "string" },
  "drain-ms": { type: "string" },
  "log-folder": { type: "string" },
  "trace-file": { type: "string" },
  "access-log": { type: "string" },
  gateways: { type: "string" },
  scenario: { type: "string" },
  short: { type: "boolean" },
  report: { type: "string" },
  help: { type: "boolean" },
} as const;

/** The scenario that the command line asks for, if it does. */
export const readScenario = (args: readonly string[]): RunOptions | undefined => {
  const { scenario, short = false, report = "scenarios.md" } = parseArgs({ args: [...args], options: flags }).values;
  return scenario === undefined ? undefined : { name: scenario, short, reportFile: report };
};

/** Reads the command line and the environment. `undefined` where help is asked for; throws for a bad value. */
export const readConfig = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DemoConfig | undefined => {
  const { values } = parseArgs({ args: [...args], options: flags });
  if (values.help) return undefined;
  const number = (
    flag: "port" | "admin-port" | "pods" | "gateways" | "lease-ms" | "drain-ms",
    variable: string,
    fallback: number,
    least: number,
    most: number,
  ): number => {
    const given = values[flag];
    if (given !== undefined) return integer(`--${flag}`, given, least, most);
    return env[variable] ? integer(variable, env[variable], least, most) : fallback;
  };
  return {
    namespace: "demo",
    service: "counter",
    port: number("port", "PORT", 8080, 0, 65_535),
    adminPort: number("admin-port", "ADMIN_PORT", 8081, 0, 65_535),
    pods: number("pods", "PODS", 3, 1, 100),
    gateways: number("gateways", "GATEWAYS", 1, 1, 32),
    leaseMs: number("lease-ms", "ROUTE_LEASE_MS", 2000, 200, 600_000),
    drainMs: number("drain-ms", "ROUTE_DRAIN_MS", 10_000, 0, 3_600_000),
    redisUrl: env["REDIS_URL"] || undefined,
    adminToken: env["ROUTE_ADMIN_TOKEN"] || randomBytes(16).toString("hex"),
    secret: randomBytes(16).toString("hex"),
    logFolder: values["log-folder"] ?? (env["ROUTE_LOG_FOLDER"] || undefined),
    traceFile: values["trace-file"] ?? (env["ROUTE_TRACE_FILE"] || undefined),
    accessLog: values["access-log"] ?? (env["ROUTE_ACCESS_LOG"] || undefined),
  };
};
