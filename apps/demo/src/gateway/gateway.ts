import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createStop } from "./drain.ts";
import { Exchange, type ExchangeServices, type RequestExtras } from "./exchange.ts";
import { identifyBy } from "./identity/identify.ts";
import { type GatewayLimits, type GatewayOptions, resolveLimits } from "./options.ts";
import { createResolver } from "./resolver.ts";
import { Tunnels } from "./upgrade/tunnels.ts";
import { createUpgradeHandler, wantsUpgrade } from "./upgrade/upgrade-handler.ts";
import { Upstreams } from "./upstream/upstreams.ts";

/** A gateway: an HTTP server, and how it ends. */
export interface Gateway {
  readonly server: Server;
  /** How many connections have switched protocols and are open. */
  readonly tunnels: number;
  /**
   * Takes no new connection, closes those without a request, lets requests in flight end and tells WebSocket clients to
   * come back, at most for `graceMs` (default 5000); then closes everything. A request whose head has begun to arrive is
   * in flight.
   */
  close(graceMs?: number): Promise<void>;
}

const plain: RequestExtras = Object.freeze({});

const createBoundedServer = ({ maxHeaderBytes, headersTimeoutMs, requestTimeoutMs, idleTimeoutMs }: GatewayLimits) => {
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(30_000, Math.ceil(headersTimeoutMs / 4)),
    // A kept connection is closed like any other that is idle; a timer of its own would be set twice per request.
    keepAliveTimeout: 0,
    noDelay: true,
    optimizeEmptyRequests: true,
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
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new TypeError("secret must be printable ASCII without spaces");
  if (!links && (!create || limit)) throw new TypeError("create: false and linkLimit need links, to read them");
  const upstreams = new Upstreams({
    timeoutMs: limits.upstreamTimeoutMs,
    connectionsPerPod: limits.connectionsPerPod,
  });
  const resolver = createResolver({ router, links, create, limit, ownerWaitMs: limits.ownerWaitMs, onRoute });
  const tunnels = new Tunnels();
  let isStopping = false;
  const services: ExchangeServices = {
    ...{ identify, resolver, upstreams, secret, limits, startTrace, onServed },
    isStopping: () => isStopping,
  };
  const handle = (req: IncomingMessage, res: ServerResponse, extras: RequestExtras = plain): void =>
    new Exchange(services, req, res, extras).begin();

  const server = createBoundedServer(limits);
  const stop = createStop(server);
  server.on("request", (req, res) => handle(req, res));
  server.on("checkContinue", (req, res) => handle(req, res, { expectsContinue: true }));
  server.on("upgrade", createUpgradeHandler(handle, tunnels));

  return {
    server,
    get tunnels() {
      return tunnels.size;
    },
    close: async (graceMs = 5000) => {
      isStopping = true;
      await Promise.all([stop(graceMs), tunnels.close(graceMs)]);
      upstreams.close();
    },
  };
};
