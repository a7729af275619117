import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "@route/executor";
import { startRedis } from "../../../../tools/redis-server.ts";
import { configOf, type GatewaySettings, rereadValues } from "../config/config.ts";
import { GatewayFleet, type GatewayProcess } from "../gateways/gateway-fleet.ts";
import { Fleet } from "../pods/fleet.ts";
import type { PodConfig } from "../pods/messages.ts";
import { Load, type LoadOptions } from "./load.ts";
import type { Settings } from "./scenario.ts";
import { readServeLogs, type Served } from "./serve-logs.ts";
import { TcpLink } from "./tcp-link.ts";

/** What differs from scenario to scenario. */
export interface WorldOptions extends Partial<Pick<LoadOptions, "newShare">> {
  readonly pods?: number;
  readonly gateways?: number;
  readonly leaseMs?: number;
  readonly onStoreLost?: PodConfig["onStoreLost"];
  readonly drainMs?: number;
  /** Whether the ways to Redis can be cut; they lead through this process then. Default false. */
  readonly canCut?: boolean;
  /** What pods serve; with `mcp` the gateway goes by the ids that pods mint, and there is nothing to warm. */
  readonly kind?: PodConfig["kind"];
  /** In place of a Redis of the world's own. */
  readonly redisUrl?: string;
}

/** Redis, pods and gateways as processes of their own, and a load that is not yet started. */
export interface World extends AsyncDisposable {
  /** The way of all pods to Redis. */
  readonly podLink: TcpLink | undefined;
  /** The way of each gateway to Redis. */
  readonly gatewayLinks: readonly TcpLink[];
  readonly fleet: Fleet;
  readonly gateways: readonly GatewayProcess[];
  readonly load: Load;
  logs(): Served[];
}

/** Where Redis is there, a busy machine may take longer than usual for its answer; that is not what is tried. */
const storeTimeoutMs = 10_000;

const mcpExample = join(import.meta.dirname, "../../mcp.example.yaml");

/**
 * The defaults, or for what pods mint the way that is shown to everybody. Refused requests are sent again for as long as a
 * busy machine may take to hand a uid over.
 */
const gatewaySettings = (kind: PodConfig["kind"]): GatewaySettings => ({
  ...configOf(rereadValues(kind === "mcp" ? ["--config", mcpExample] : [], {})).gateway!,
  replayForMs: 10_000,
});

/** Starts a world whose uids are all linked. What was started is ended if a part cannot start. */
export const openWorld = async (settings: Settings, options: WorldOptions = {}): Promise<World> => {
  const { pods = 3, gateways = 1, leaseMs = settings.leaseMs, drainMs = 60_000 } = options;
  await using stack = new AsyncDisposableStack();
  const logFolder = stack.adopt(mkdtempSync(join(tmpdir(), "route-scenario-")), (folder) =>
    rmSync(folder, { recursive: true, force: true }),
  );
  const redis = options.redisUrl === undefined ? stack.use(await startRedis()) : undefined;
  const openLink = async (): Promise<TcpLink | undefined> =>
    redis && options.canCut ? stack.use(await TcpLink.open(redis.port)) : undefined;
  const redisUrl = options.redisUrl ?? redis?.url;
  const podLink = await openLink();
  const shared = {
    ...{ namespace: "scenario", service: "counter", secret: "scenario" },
    // A store of the caller's may lose a node: who asks that one must soon ask another.
    storeTimeoutMs: redis && storeTimeoutMs,
  };
  const unused = new MemoryStore();
  const fleet = stack.adopt(
    new Fleet({
      ...{
        ...shared,
        leaseMs,
        drainMs,
        logFolder,
        store: unused,
        onStoreLost: options.onStoreLost,
        kind: options.kind,
      },
      redisUrl: podLink?.url ?? redisUrl,
    }),
    (one) => one.close(),
  );
  await fleet.scale(pods);
  const gatewayFleet = stack.adopt(new GatewayFleet(unused), (one) => one.close());
  const gatewayLinks: TcpLink[] = [];
  for (let index = 0; index < gateways; index++) {
    const link = await openLink();
    if (link) gatewayLinks.push(link);
    const gateway = gatewaySettings(options.kind);
    await gatewayFleet.start({ ...shared, port: 0, redisUrl: link?.url ?? redisUrl, gateway });
  }
  const { uids, requestsPerSecond } = settings;
  const load = new Load(
    gatewayFleet.list().map(({ url }) => url),
    { uids, requestsPerSecond, newShare: options.newShare ?? 0 },
  );
  if (options.kind !== "mcp") await load.warm();
  const all = stack.move();
  return {
    ...{ podLink, gatewayLinks, fleet, gateways: gatewayFleet.list(), load },
    logs: () => readServeLogs(logFolder),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
};
