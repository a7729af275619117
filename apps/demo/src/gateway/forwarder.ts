import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ExecutorError, type Route, type StatefulRouter, wire } from "@route/executor";
import { type Body, readBody } from "./body.ts";
import { GatewayError } from "./errors.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import type { UpstreamAnswer, Upstreams } from "./upstreams.ts";

/** What a {@link Forwarder} works with. */
export interface ForwarderOptions {
  readonly router: StatefulRouter;
  readonly upstreams: Upstreams;
  /** Shared with the pods. */
  readonly secret: string;
  /** Bodies up to this size are kept, so that a refused request can be sent again. */
  readonly replayBytes: number;
  /** Told of every route that a request takes, before it is sent. */
  readonly onRoute: (route: Route, resolveMs: number) => void;
  readonly injectTrace: (headers: Record<string, string>) => void;
}

interface Exchange {
  readonly req: IncomingMessage;
  readonly uid: string;
  readonly body: Body["content"];
  readonly signal: AbortSignal;
}

/** From its first refusal on a request is sent again for so long: nothing ran, and the next owner is usually known at once. */
const replayForMs = 1000;
const replayPauseMs = 20;

// The request cannot have reached the pod.
const neverSent = new Set(["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT", "EHOSTUNREACH", "ENETUNREACH"]);

/** Sends requests to the owner of their uid, and once more where the owner has changed. */
export class Forwarder {
  readonly #options: ForwarderOptions;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** Forwards one request and pipes the answer back. Throws a `GatewayError` while nothing has been answered. */
  async forward(req: IncomingMessage, res: ServerResponse, uid: string): Promise<Route> {
    const abort = new AbortController();
    res.once("close", () => abort.abort());
    const { content, replayable } = await readBody(req, this.#options.replayBytes);
    const exchange: Exchange = { req, uid, body: content, signal: abort.signal };
    let refusedAtMs: number | undefined;
    for (;;) {
      const route = await this.#resolve(uid);
      const answer = await this.#ask(exchange, route);
      if (answer) {
        await pipe(answer, res);
        return route;
      }
      this.#options.router.forget(uid);
      const again = refusedAtMs !== undefined;
      refusedAtMs ??= performance.now();
      if (!replayable || performance.now() - refusedAtMs > replayForMs) {
        const message = "the owner of the uid changed while the request was on its way; it was not run";
        throw new GatewayError(503, "OWNER_CHANGED", message, { retryAfterMs: 1000 });
      }
      if (again) await sleep(replayPauseMs);
    }
  }

  async #resolve(uid: string): Promise<Route> {
    const startMs = performance.now();
    try {
      const route = await this.#options.router.resolve(uid);
      this.#options.onRoute(route, performance.now() - startMs);
      return route;
    } catch (cause) {
      if (!(cause instanceof ExecutorError)) throw cause;
      throw new GatewayError(503, cause.code, cause.message, { cause, retryAfterMs: cause.retryAfterMs ?? 1000 });
    }
  }

  /** The pod's answer, or `undefined` if the request certainly did not run and its owner may have changed. */
  async #ask({ req, uid, body, signal }: Exchange, route: Route): Promise<UpstreamAnswer | undefined> {
    const { upstreams, secret, injectTrace } = this.#options;
    const headers = requestHeaders(req.headers, uid, route, secret, req.socket.remoteAddress);
    injectTrace(headers as Record<string, string>);
    try {
      const { method = "GET", url: path = "/" } = req;
      const answer = await upstreams.request(route.address, { method, path, headers, body, signal });
      if (answer.status !== 421 || answer.headers[wire.refusedHeader] === undefined) return answer;
      await answer.body.dump();
      return undefined;
    } catch (cause) {
      const code = (cause as { code?: string }).code ?? "";
      if (!neverSent.has(code)) throw upstreamError(route, code, cause);
      if (await this.#ownerHasChanged(uid, route)) return undefined;
      const message = `pod ${route.pod} accepts no connection, and its lease has not ended yet`;
      throw new GatewayError(503, "POD_UNREACHABLE", message, { cause, retryAfterMs: 1000 });
    }
  }

  // The process is gone, or the address is old: the pod table tells which.
  async #ownerHasChanged(uid: string, { incarnation }: Route): Promise<boolean> {
    const { router } = this.#options;
    await router.refreshPods().catch(() => undefined);
    router.forget(uid);
    return (await this.#resolve(uid)).incarnation !== incarnation;
  }
}

const upstreamError = ({ pod }: Route, code: string, cause: unknown): GatewayError => {
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return new GatewayError(504, "POD_TIMEOUT", `pod ${pod} did not answer in time`, { cause });
  }
  return new GatewayError(502, "POD_RESET", `pod ${pod} broke off the connection (${code || "unknown"})`, { cause });
};

const pipe = async (answer: UpstreamAnswer, res: ServerResponse): Promise<void> => {
  res.writeHead(answer.status, responseHeaders(answer.headers));
  await pipeline(answer.body, res);
};
