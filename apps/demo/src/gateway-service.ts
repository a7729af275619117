import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { StatefulStore } from "@route/executor";
import type { DemoConfig, Features, GatewaySettings } from "./config/config.ts";
import type { SourceSetting } from "./config/settings.ts";
import { AccessLog } from "./gateway/access-log.ts";
import { createGateway } from "./gateway/gateway.ts";
import { identifyBy } from "./gateway/identity/identify.ts";
import { SignedCookie } from "./gateway/identity/signed-cookie.ts";
import { cookieSource, headerSource, pathSource, querySource, type UidSource } from "./gateway/identity/sources.ts";
import { LinkLimit } from "./gateway/link-limit.ts";
import type { GatewayOptions, Served } from "./gateway/options.ts";
import { allFeatures, type Composed, compose } from "./wiring.ts";

/** Of the demo's config, what a gateway needs. */
export type GatewayConfig = Pick<
  DemoConfig,
  | "namespace"
  | "service"
  | "port"
  | "secret"
  | "traceFile"
  | "traceRatio"
  | "accessLog"
  | "redisUrl"
  | "storeTimeoutMs"
  | "features"
  | "gateway"
>;

/** A gateway that listens, and what is put around it. */
export interface GatewayService {
  readonly url: string;
  readonly composed: Composed;
  /** What is on at the moment; may be changed. */
  readonly features: Features;
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

const uidSources: Readonly<Record<SourceSetting["kind"], (name: string) => UidSource>> = {
  ...{ header: headerSource, query: querySource, cookie: cookieSource, path: pathSource },
};

/** The options of `createGateway` that a config file has. Throws for a path that is no template. */
const gatewayOptions = ({ sources, anonymous, signedCookie, create, linkLimit, ...limits }: GatewaySettings) => {
  const { keys, ...cookie } = signedCookie;
  const { linksPerMinute, burst = linksPerMinute, maxSources } = linkLimit;
  return {
    ...limits,
    identify: identifyBy({
      sources: sources.map(({ kind, name }) => uidSources[kind](name)),
      anonymous,
      signedCookie: keys && new SignedCookie({ ...cookie, keys }),
    }),
    create,
    linkLimit:
      linksPerMinute === undefined
        ? undefined
        : new LinkLimit({ linksPerMinute, burst: burst ?? linksPerMinute, maxSources }),
  } satisfies Partial<GatewayOptions>;
};

const tellOfLog = ({ message }: Error): void => console.error(`the access log ends here: ${message}`);

/** Starts one gateway on `store`, which it does not close. */
export const startGateway = async (config: GatewayConfig, store: StatefulStore): Promise<GatewayService> => {
  const features: Features = { ...(config.features ?? allFeatures) };
  const options = config.gateway ? gatewayOptions(config.gateway) : {};
  const composed = compose(config, store, features);
  const log = config.accessLog === undefined ? undefined : new AccessLog(config.accessLog, tellOfLog);
  const onServed = (served: Served): void => {
    composed.hooks.onServed?.(served);
    log?.write(served);
  };
  const { router, scope: links, hooks } = composed;
  const gateway = createGateway({ ...options, router, links, secret: config.secret, ...hooks, onServed });
  const close = async (graceMs?: number): Promise<void> => {
    await gateway.close(graceMs);
    await log?.close();
    await composed.close();
  };
  try {
    return { url: await listen(gateway.server, config.port, "port"), composed, features, close };
  } catch (error) {
    await close(0);
    throw error;
  }
};
