import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { StatefulStore } from "@route/executor";
import type { DemoConfig } from "./config.ts";
import { AccessLog } from "./gateway/access-log.ts";
import { createGateway } from "./gateway/gateway.ts";
import type { Served } from "./gateway/options.ts";
import { type Composed, compose } from "./wiring.ts";

/** Of the demo's config, what a gateway needs. */
export type GatewayConfig = Pick<
  DemoConfig,
  "namespace" | "service" | "port" | "secret" | "traceFile" | "traceRatio" | "accessLog" | "redisUrl"
>;

/** A gateway that listens, and what is put around it. */
export interface GatewayService {
  readonly url: string;
  readonly composed: Composed;
  /** Lets what runs end for at most `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** Listens on loopback; the URL. A port that is taken is an error that names the flag to change it. */
export const listen = async (server: Server, port: number, flag: string): Promise<string> => {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (cause) {
    const taken = (cause as { code?: string }).code === "EADDRINUSE";
    throw taken
      ? new Error(`port ${port} is taken: choose another with --${flag} N, or 0 for any free one`, { cause })
      : cause;
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** Starts one gateway on `store`, which it does not close. */
export const startGateway = async (config: GatewayConfig, store: StatefulStore): Promise<GatewayService> => {
  const composed = compose(config, store);
  const log = config.accessLog === undefined ? undefined : new AccessLog(config.accessLog);
  const onServed = (served: Served): void => {
    composed.hooks.onServed?.(served);
    log?.write(served);
  };
  const { router, hooks } = composed;
  const gateway = createGateway({ router, secret: config.secret, ...hooks, onServed });
  const close = async (graceMs?: number): Promise<void> => {
    await gateway.close(graceMs);
    await log?.close();
    await composed.close();
  };
  try {
    return { url: await listen(gateway.server, config.port, "port"), composed, close };
  } catch (error) {
    await close(0);
    throw error;
  }
};
