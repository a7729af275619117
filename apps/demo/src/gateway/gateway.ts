import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Route, StatefulRouter } from "@route/executor";
import { GatewayError, sendError } from "./errors.ts";
import { Forwarder } from "./forwarder.ts";
import { uidOf } from "./uid-of.ts";
import { Upstreams } from "./upstreams.ts";

/** What became of a request, told once, at its end. */
export interface Served {
  readonly method: string;
  /** What the client was answered; 499 if it left before. */
  readonly status: number;
  readonly durationMs: number;
  /** The route that answered, if one did. */
  readonly route?: Route | undefined;
  /** The gateway's own error code, if it answered itself. */
  readonly code?: string | undefined;
}

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  readonly router: StatefulRouter;
  readonly secret: string;
  /** The longest wait for a pod's answer. Default 10000 ms. */
  readonly upstreamTimeoutMs?: number;
  /** Default 64 KiB. */
  readonly replayBytes?: number;
  /** Wraps the work of one request, e.g. in a span that continues the client's trace. */
  readonly trace?: <Result>(req: IncomingMessage, work: () => Promise<Result>) => Promise<Result>;
  /** Adds the present trace to the headers that go to the pod. */
  readonly injectTrace?: (headers: Record<string, string>) => void;
  readonly onRoute?: (route: Route, resolveMs: number) => void;
  readonly onServed?: (served: Served) => void;
}

const defaults = Object.freeze({ upstreamTimeoutMs: 10_000, replayBytes: 64 * 1024 });

/** A gateway: an HTTP server, and how it ends. */
export interface Gateway {
  readonly server: Server;
  /** Takes no new connection, waits at most `graceMs` for the requests in flight, then closes everything. */
  close(graceMs?: number): Promise<void>;
}

const toGatewayError = (error: unknown): GatewayError => {
  if (error instanceof GatewayError) return error;
  return new GatewayError(502, "GATEWAY_ERROR", "the request could not be forwarded", { cause: error });
};

/** Proxies every request that names a uid to the pod that holds the uid's state, whatever its path. */
export const createGateway = (options: GatewayOptions): Gateway => {
  const { router, secret, replayBytes = defaults.replayBytes, onRoute = () => {}, onServed = () => {} } = options;
  const { trace = (_req, work) => work(), injectTrace = () => {} } = options;
  const upstreams = new Upstreams(options.upstreamTimeoutMs ?? defaults.upstreamTimeoutMs);
  const forwarder = new Forwarder({ router, upstreams, secret, replayBytes, onRoute, injectTrace });

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const startMs = performance.now();
    let route: Route | undefined;
    let failure: GatewayError | undefined;
    try {
      const uid = uidOf(req);
      route = await trace(req, () => forwarder.forward(req, res, uid));
    } catch (error) {
      failure = toGatewayError(error);
    }
    const gone = res.destroyed && !res.writableFinished;
    if (failure && !gone) sendError(res, failure);
    const status = gone ? 499 : (failure?.status ?? res.statusCode);
    onServed({
      method: req.method ?? "GET",
      status,
      durationMs: performance.now() - startMs,
      route,
      code: failure?.code,
    });
  };

  const server = createServer((req, res) => void handle(req, res));
  const close = async (graceMs = 5000): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
    await upstreams.close();
  };
  return { server, close };
};
