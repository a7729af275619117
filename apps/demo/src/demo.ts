import { closeSync, mkdirSync, openSync } from "node:fs";
import type { Server } from "node:http";
import { MemoryStore, StatefulExecutor, type StatefulStore } from "@route/executor";
import type { DemoConfig, Features } from "./config/config.ts";
import { adminRoutes } from "./dashboard/admin-routes.ts";
import { createAdminServer } from "./dashboard/admin-server.ts";
import { listen, startGateway } from "./gateway-service.ts";
import { GatewayFleet } from "./gateways/gateway-fleet.ts";
import { Fleet } from "./pods/fleet.ts";
import { openRedis } from "./store/open-store.ts";

/** The running demo. */
export interface Demo extends AsyncDisposable {
  /** Of the first gateway, which also has the admin listener. */
  readonly url: string;
  /** Of all gateways. */
  readonly urls: readonly string[];
  readonly adminUrl: string;
  readonly adminToken: string;
  readonly fleet: Fleet;
  /** What is on at the moment. */
  readonly features: Readonly<Features>;
  /** Switches features of all gateways, at once. */
  setFeatures(features: Partial<Features>): void;
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const openStore = ({ redisUrl, storeTimeoutMs }: DemoConfig): StatefulStore =>
  redisUrl === undefined ? new MemoryStore() : openRedis(redisUrl, storeTimeoutMs);

/** A file of its own for each gateway process. */
const filesOf = ({ traceFile, accessLog }: DemoConfig, index: number): Pick<DemoConfig, "traceFile" | "accessLog"> => ({
  traceFile: traceFile === undefined ? undefined : `${traceFile}.${index}`,
  accessLog: accessLog === undefined ? undefined : `${accessLog}.${index}`,
});

/** Later on a file that cannot be written stops nothing; who has just typed its name wants to be told. */
const checkFiles = ({ logFolder, traceFile, accessLog }: DemoConfig): void => {
  if (logFolder !== undefined) mkdirSync(logFolder, { recursive: true });
  for (const file of [traceFile, accessLog]) if (file !== undefined) closeSync(openSync(file, "a"));
};

/** Starts store, pods, gateway and admin listener. If a part cannot start, those that did are ended again. */
export const startDemo = async (config: DemoConfig, store: StatefulStore = openStore(config)): Promise<Demo> => {
  const closers: (() => Promise<unknown>)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end().catch(() => undefined);
  };
  try {
    checkFiles(config);
    // Pods wait for a store that is away; a person who has just typed its address wants to be told.
    await new StatefulExecutor({ store }).scope(config).pods();

    const fleet = new Fleet({ ...config, store });
    closers.push(() => fleet.close());
    await fleet.scale(config.pods);

    const gateway = await startGateway(config, store);
    closers.push(() => gateway.close());
    const gateways = new GatewayFleet(store);
    closers.push(() => gateways.close());
    const others = Array.from({ length: (config.gateways ?? 1) - 1 }, (_, index) => index + 1);
    await Promise.all(
      others.map((more) =>
        gateways.start({ ...config, ...filesOf(config, more), port: config.port === 0 ? 0 : config.port + more }),
      ),
    );
    const { url, composed, features } = gateway;
    const setFeatures = (change: Partial<Features>): void => {
      Object.assign(features, change);
      gateways.setFeatures(change);
    };
    const { router, scope, monitor } = composed;

    const metrics = monitor.metricsHandler();
    const admin = createAdminServer(
      config.adminToken,
      adminRoutes({
        scope,
        router,
        fleet,
        leaseMs: config.leaseMs,
        metrics,
        report: composed.report,
        features,
        setFeatures,
      }),
    );
    closers.push(() => closeServer(admin));
    const adminUrl = await listen(admin, config.adminPort, "admin-port");
    const urls = [url, ...gateways.list().map((other) => other.url)];
    const { adminToken } = config;
    return { url, urls, adminUrl, adminToken, fleet, features, setFeatures, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};
