import { createServer, type Server } from "node:http";
import { stopServer } from "./drain.ts";
import { Forwarder } from "./forwarder.ts";
import { identifyBy } from "./identity/identify.ts";
import { type GatewayLimits, type GatewayOptions, resolveLimits } from "./options.ts";
import { createRequestHandler } from "./request-handler.ts";
import { createResolver } from "./resolver.ts";
import { Tunnels } from "./upgrade/tunnels.ts";
import { createUpgradeHandler, wantsUpgrade } from "./upgrade/upgrade-handler.ts";
import { Upstreams } from "./upstreams.ts";

/** A gateway: an HTTP server, and how it ends. */
export interface Gateway {
  readonly server: Server;
  /** How many connections have switched protocols and are open. */
  readonly tunnels: number;
  /**
   * Takes no new connection, lets requests in flight end and tells WebSocket clients to come back, at most for
   * `graceMs` (default 5000); then closes everything.
   */
  close(graceMs?: number): Promise<void>;
}

const createBoundedServer = ({ maxHeaderBytes, headersTimeoutMs, requestTimeoutMs, idleTimeoutMs }: GatewayLimits) => {
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(30_000, Math.ceil(headersTimeoutMs / 4)),
    // Above what clients and balancers in front usually keep, so that they are the ones to close.
    keepAliveTimeout: 65_000,
    noDelay: true,
    shouldUpgradeCallback: wantsUpgrade,
  });
  // The size of the head is bounded; by default node:http would drop headers beyond a count without a word.
  server.maxHeadersCount = 0;
  server.timeout = idleTimeoutMs;
  return server;
};

/** Proxies every request that names a uid to the pod that holds the uid's state, whatever its path. */
export const createGateway = (options: GatewayOptions): Gateway => {
  const { router, secret, links, linkLimit: limit, startTrace, onServed, onRoute = () => {} } = options;
  const { identify = identifyBy(), create = true } = options;
  const limits = resolveLimits(options);
  if (!links && (!create || limit)) throw new TypeError("create: false and linkLimit need links, to read them");
  const upstreams = new Upstreams({
    timeoutMs: limits.upstreamTimeoutMs,
    connectionsPerPod: limits.connectionsPerPod,
  });
  const resolver = createResolver({ router, links, create, limit, onRoute });
  const forwarder = new Forwarder({ resolver, upstreams, secret, limits });
  const tunnels = new Tunnels();
  let isStopping = false;
  const handle = createRequestHandler({
    ...{ forwarder, identify, startTrace, onServed },
    isStopping: () => isStopping,
  });

  const server = createBoundedServer(limits);
  server.on("request", (req, res) => void handle(req, res));
  server.on("checkContinue", (req, res) => void handle(req, res, { expectsContinue: true }));
  server.on("upgrade", createUpgradeHandler(handle, tunnels));

  return {
    server,
    get tunnels() {
      return tunnels.size;
    },
    close: async (graceMs = 5000) => {
      isStopping = true;
      await Promise.all([stopServer(server, graceMs), tunnels.close(graceMs)]);
      await upstreams.close();
    },
  };
};
