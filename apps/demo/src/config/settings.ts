import { gatewayLimits } from "../gateway/options.ts";
import { choice, flag, integer, listOf, name, type Rule, ratio, redisUrls, text, token } from "./rules.ts";

/** Where a uid stands: one of `header`, `query`, `cookie` with a name, or `path` with a template. */
export interface SourceSetting {
  readonly kind: "header" | "query" | "cookie" | "path";
  readonly name: string;
}

/** One setting: its key in the file, and where else it may come from. */
export interface Setting {
  /** With dots for the levels of the file. */
  readonly key: string;
  readonly rule: Rule;
  /** What holds where nobody says anything; without it the setting is off. */
  readonly fallback?: unknown;
  readonly flag?: string;
  readonly variable?: string;
  /** May be changed while the demo runs. */
  readonly reloads?: boolean;
}

const kinds = ["header", "query", "cookie", "path"] as const;

const sourceOf = (value: unknown): SourceSetting | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const [entry, ...more] = Object.entries(value);
  const kind = kinds.find((one) => one === entry?.[0]);
  const isName = typeof entry?.[1] === "string" && entry[1] !== "";
  return kind && isName && more.length === 0 ? { kind, name: entry[1] as string } : undefined;
};

const sources = listOf(
  "a list of one or more of header: NAME, query: NAME, cookie: NAME, path: /TEMPLATE/:uid",
  sourceOf,
);
const keys = listOf("a list of texts of at least 16 characters", (value) =>
  typeof value === "string" && value.length >= 16 ? value : undefined,
);

const limit = (key: keyof typeof gatewayLimits, least = 1): Setting => ({
  key: `gateway.${key}`,
  rule: integer(least, 2 ** 40),
  fallback: gatewayLimits[key],
});

const feature = (key: string): Setting => ({
  key: `features.${key}`,
  rule: flag,
  fallback: true,
  variable: `ROUTE_FEATURE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
  reloads: true,
});

/** All settings. `config.example.yaml` documents each. */
export const settings: readonly Setting[] = Object.freeze([
  { key: "namespace", rule: name, fallback: "demo" },
  { key: "service", rule: name, fallback: "counter" },
  { key: "kind", rule: choice("counter", "mcp"), fallback: "counter", flag: "kind", variable: "ROUTE_KIND" },
  { key: "port", rule: integer(0, 65_535), fallback: 8080, flag: "port", variable: "PORT" },
  { key: "adminPort", rule: integer(0, 65_535), fallback: 8081, flag: "admin-port", variable: "ADMIN_PORT" },
  { key: "adminToken", rule: token, variable: "ROUTE_ADMIN_TOKEN" },
  { key: "secret", rule: token, variable: "ROUTE_SECRET" },
  { key: "pods", rule: integer(1, 100), fallback: 3, flag: "pods", variable: "PODS" },
  { key: "gateways", rule: integer(1, 32), fallback: 1, flag: "gateways", variable: "GATEWAYS" },
  { key: "leaseMs", rule: integer(200, 600_000), fallback: 2000, flag: "lease-ms", variable: "ROUTE_LEASE_MS" },
  { key: "drainMs", rule: integer(0, 3_600_000), fallback: 10_000, flag: "drain-ms", variable: "ROUTE_DRAIN_MS" },
  { key: "onStoreLost", rule: choice("refuse", "serve"), fallback: "refuse", variable: "ROUTE_ON_STORE_LOST" },
  { key: "redisUrl", rule: redisUrls, variable: "REDIS_URL" },
  { key: "storeTimeoutMs", rule: integer(1, 600_000), variable: "ROUTE_STORE_TIMEOUT_MS" },
  { key: "logFolder", rule: text, flag: "log-folder", variable: "ROUTE_LOG_FOLDER" },
  { key: "traceFile", rule: text, flag: "trace-file", variable: "ROUTE_TRACE_FILE" },
  { key: "traceRatio", rule: ratio, fallback: 1, variable: "ROUTE_TRACE_RATIO" },
  { key: "accessLog", rule: text, flag: "access-log", variable: "ROUTE_ACCESS_LOG" },
  ...["nearCache", "metrics", "tracing", "analysis"].map(feature),
  {
    key: "gateway.identify.sources",
    rule: sources,
    fallback: [
      { kind: "header", name: "x-route-uid" },
      { kind: "query", name: "uid" },
      { kind: "cookie", name: "uid" },
    ],
  },
  { key: "gateway.identify.anonymous", rule: flag, fallback: false },
  { key: "gateway.identify.signedCookie.name", rule: token, fallback: "route-uid" },
  { key: "gateway.identify.signedCookie.keys", rule: keys },
  { key: "gateway.identify.signedCookie.maxAgeSeconds", rule: integer(1, 2 ** 31), fallback: 604_800 },
  { key: "gateway.identify.signedCookie.secure", rule: flag, fallback: true },
  { key: "gateway.create", rule: flag, fallback: true },
  { key: "gateway.linkLimit.linksPerMinute", rule: integer(1, 1_000_000) },
  { key: "gateway.linkLimit.burst", rule: integer(1, 1_000_000) },
  { key: "gateway.linkLimit.maxSources", rule: integer(1, 10_000_000), fallback: 10_000 },
  limit("replayBytes", 0),
  limit("replayForMs", 0),
  limit("ownerWaitMs", 0),
  ...(
    [
      ...["maxBodyBytes", "maxHeaderBytes", "headersTimeoutMs", "requestTimeoutMs", "idleTimeoutMs"],
      ...["upstreamTimeoutMs", "connectionsPerPod"],
    ] as (keyof typeof gatewayLimits)[]
  ).map((key) => limit(key)),
]);
