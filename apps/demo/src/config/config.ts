import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { GatewayLimits } from "../gateway/options.ts";
import { environmentLayer, fileLayer, flagLayer, type Layer } from "./layers.ts";
import { type SourceSetting, settings } from "./settings.ts";

/** What can be switched on and off, also while the demo runs. */
export interface Features {
  nearCache: boolean;
  metrics: boolean;
  tracing: boolean;
  analysis: boolean;
}

/** How gateways treat requests. */
export interface GatewaySettings extends GatewayLimits {
  readonly sources: readonly SourceSetting[];
  /** Whether a request without a uid goes to any pod, which mints one. */
  readonly anonymous: boolean;
  readonly signedCookie: {
    readonly name: string;
    /** Without them the gateway signs no cookies. */
    readonly keys: readonly string[] | undefined;
    readonly maxAgeSeconds: number;
    readonly secure: boolean;
  };
  readonly create: boolean;
  readonly linkLimit: {
    /** Without it there is no limit. */
    readonly linksPerMinute: number | undefined;
    readonly burst: number | undefined;
    readonly maxSources: number;
  };
}

/** How the demo runs. Every value comes from a flag, else from the environment, else from the file, else from the defaults. */
export interface DemoConfig {
  readonly namespace: string;
  readonly service: string;
  /** What pods serve. Default `counter`. */
  readonly kind?: "counter" | "mcp" | undefined;
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
  /** How long the store may take to answer. Default 1000 ms for Redis, 3000 ms for the embedded one in another process. */
  readonly storeTimeoutMs?: number | undefined;
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
  /** Default: all on. */
  readonly features?: Readonly<Features> | undefined;
  /** Default: what `createGateway` does by itself. */
  readonly gateway?: GatewaySettings | undefined;
}

/** The command line of the demo, for `--help`. */
export const usage = `Usage: pnpm demo [options]

A gateway in front of pods that hold state in memory.

  --config FILE    settings in YAML or JSON; config.example.yaml has all of them
  --port N         the gateway's port                      PORT                8080
  --admin-port N   metrics, report, links and pods         ADMIN_PORT          8081
  --kind K         what pods serve: counter, or mcp        ROUTE_KIND          counter
  --pods N         how many pods                           PODS                3
  --gateways N     how many gateways, on ports in a row    GATEWAYS            1
  --lease-ms N     how long a silent pod counts as alive   ROUTE_LEASE_MS      2000
  --drain-ms N     how long a pod serves on after SIGTERM  ROUTE_DRAIN_MS      10000
  --log-folder D   pods log each request served there      ROUTE_LOG_FOLDER
  --trace-file F   spans are appended there as JSON lines  ROUTE_TRACE_FILE
  --access-log F   requests are appended there as lines    ROUTE_ACCESS_LOG
  --scenario NAME  runs one with real processes, or "all", prints what was found, exits 0 or 1
  --short          with --scenario: 5 s each in place of 30
  --report F       with --scenario all: the report         scenarios.md
  --help

  REDIS_URL            keep links in this Redis; without it the store is embedded
  ROUTE_ADMIN_TOKEN    the admin listener's token; without it one is made up and printed

Flags come before variables, variables before the file. Port 0 takes any free port. SIGHUP reads the file again.`;

const flags = {
  ...Object.fromEntries(
    settings.flatMap(({ flag }) => (flag === undefined ? [] : [[flag, { type: "string" as const }]])),
  ),
  config: { type: "string" },
  scenario: { type: "string" },
  short: { type: "boolean" },
  report: { type: "string" },
  help: { type: "boolean" },
} as const;

/** Which scenarios to run, and where the report of all goes. */
export interface ScenarioRun {
  /** A scenario's name, or `all`. */
  readonly name: string;
  readonly short: boolean;
  readonly reportFile: string;
}

/** What the command line asks for. */
export type Command =
  | { readonly do: "help" }
  | { readonly do: "scenario"; readonly options: ScenarioRun }
  | { readonly do: "run"; readonly config: DemoConfig; readonly file: string | undefined };

type Arguments = Readonly<Record<string, string | boolean | undefined>>;
type Environment = Readonly<Record<string, string | undefined>>;

const parse = (args: readonly string[]): Arguments => parseArgs({ args: [...args], options: flags }).values;

/** Reads the command line, the environment and the config file. Throws for a bad value, with its place. */
export const readCommand = (args: readonly string[], env: Environment): Command => {
  const given = parse(args);
  const { help, scenario, short, report, config: file } = given;
  if (help) return { do: "help" };
  if (typeof scenario === "string") {
    const reportFile = typeof report === "string" ? report : "scenarios.md";
    return { do: "scenario", options: { name: scenario, short: short === true, reportFile } };
  }
  if (short || report !== undefined) throw new RangeError(`--${short ? "short" : "report"} goes with --scenario`);
  return {
    do: "run",
    config: configOf(valuesOf(given, env)),
    file: typeof file === "string" ? file : undefined,
  };
};

/** Every setting's value by key. Throws for a bad one. */
export const valuesOf = (given: Arguments, env: Environment): ReadonlyMap<string, unknown> => {
  const file: Layer = typeof given["config"] === "string" ? fileLayer(settings, given["config"]) : new Map();
  const layers = [flagLayer(settings, given), environmentLayer(settings, env), file];
  const find = (key: string): unknown => layers.find((layer) => layer.has(key))?.get(key)?.value;
  return new Map(settings.map(({ key, fallback }) => [key, find(key) ?? fallback]));
};

/** The values of a command line that was read before, read again. */
export const rereadValues = (args: readonly string[], env: Environment): ReadonlyMap<string, unknown> =>
  valuesOf(parse(args), env);

const madeUp = (): string => randomBytes(16).toString("hex");

/** The tree of the values. Secrets that nobody gave are made up. */
export const configOf = (values: ReadonlyMap<string, unknown>): DemoConfig => {
  const tree: Record<string, unknown> = {};
  for (const [key, value] of values) {
    const path = key.split(".");
    const last = path.pop()!;
    let level = tree;
    for (const part of path) {
      level[part] ??= {};
      level = level[part] as Record<string, unknown>;
    }
    level[last] = value;
  }
  const { gateway, adminToken, secret, ...rest } = tree as unknown as DemoConfig;
  const { identify, ...others } = gateway as unknown as {
    identify: Pick<GatewaySettings, "sources" | "anonymous" | "signedCookie">;
  };
  return {
    ...rest,
    adminToken: adminToken ?? madeUp(),
    secret: secret ?? madeUp(),
    gateway: { ...others, ...identify } as GatewaySettings,
  };
};

/** What differs between two readings of the settings: what may change while the demo runs, and what may not. */
export const changesOf = (before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>) => {
  const differing = settings.filter(({ key }) => JSON.stringify(before.get(key)) !== JSON.stringify(after.get(key)));
  return {
    changed: differing.filter(({ reloads }) => reloads).map(({ key }) => [key, after.get(key)] as const),
    refused: differing.filter(({ reloads }) => !reloads).map(({ key }) => key),
  };
};
