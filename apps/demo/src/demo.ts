import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { MemoryStore, type StatefulStore } from "@route/executor";
import { RedisStore } from "@route/executor/redis";
import type { DemoConfig } from "./config.ts";
import { adminRoutes } from "./dashboard/admin-routes.ts";
import { createAdminServer } from "./dashboard/admin-server.ts";
import { AccessLog } from "./gateway/access-log.ts";
import { createGateway } from "./gateway/gateway.ts";
import type { Served } from "./gateway/options.ts";
import { Fleet } from "./pods/fleet.ts";
import { compose } from "./wiring.ts";

/** The running demo. */
export interface Demo extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  readonly adminToken: string;
  readonly fleet: Fleet;
}

const listen = async (server: Server, port: number, name: string): Promise<string> => {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (cause) {
    const taken = (cause as { code?: string }).code === "EADDRINUSE";
    throw taken
      ? new Error(`port ${port} is taken: choose another with --${name} N, or 0 for any free one`, { cause })
      : cause;
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const openStore = (config: DemoConfig): StatefulStore =>
  config.redisUrl ? new RedisStore({ url: config.redisUrl }) : new MemoryStore();

/** Starts store, pods, gateway and admin listener. If a part cannot start, those that did are ended again. */
export const startDemo = async (config: DemoConfig, store: StatefulStore = openStore(config)): Promise<Demo> => {
  const closers: (() => Promise<unknown>)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end().catch(() => undefined);
  };
  try {
    if (config.logFolder !== undefined) mkdirSync(config.logFolder, { recursive: true });
    const composed = compose(config, store);
    closers.push(() => composed.close());
    const { router, scope, monitor } = composed;
    // Pods wait for a store that is away; a person who has just typed its address wants to be told.
    await scope.pods();

    const fleet = new Fleet({ ...config, store });
    closers.push(() => fleet.close());
    await fleet.scale(config.pods);

    const log = config.accessLog === undefined ? undefined : new AccessLog(config.accessLog);
    if (log) closers.push(() => log.close());
    const onServed = (served: Served): void => {
      composed.hooks.onServed?.(served);
      log?.write(served);
    };
    const gateway = createGateway({ router, secret: config.secret, ...composed.hooks, onServed });
    closers.push(() => gateway.close());
    const url = await listen(gateway.server, config.port, "port");

    const metrics = monitor.metricsHandler();
    const admin = createAdminServer(
      config.adminToken,
      adminRoutes({ scope, router, fleet, metrics, report: composed.report }),
    );
    closers.push(() => closeServer(admin));
    const adminUrl = await listen(admin, config.adminPort, "admin-port");
    return { url, adminUrl, adminToken: config.adminToken, fleet, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};
