import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ExecutorError, type Route } from "@route/executor";
import { AnswerRelay, type Outcome, type Upgraded } from "./answer-relay.ts";
import { type Body, type BodyLimits, readBody, StreamedBody } from "./body.ts";
import { GatewayError } from "./errors.ts";
import { requestHeaders } from "./headers.ts";
import type { Identity, RequestTrace } from "./ports.ts";
import { requestTarget } from "./target.ts";
import type { Upstreams } from "./upstreams.ts";

/** Told that a pod has switched protocols. */
export type OnUpgrade = (upgraded: Upgraded, route: Route, setCookie: string | undefined) => void;

/** One request of a client, from its identity on. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly identity: Identity;
  readonly trace: RequestTrace | undefined;
  /** Called before the body is read. */
  readonly onRead: () => void;
  /** Called with each route before the request takes it. */
  readonly onTake: (route: Route) => void;
  readonly isLast: () => boolean;
  /** Set for requests that want another protocol. */
  readonly onUpgrade?: OnUpgrade | undefined;
}

/** Finds the way to the owner of a uid. */
export interface Resolver {
  /** Without I/O. */
  peek(uid: string): Route | undefined;
  resolve(uid: string, req: IncomingMessage): Promise<Route>;
  forget(uid: string): void;
  refreshPods(): Promise<void>;
}

/** What a {@link Forwarder} works with. */
export interface ForwarderOptions {
  readonly resolver: Resolver;
  readonly upstreams: Upstreams;
  /** Shared with the pods. */
  readonly secret: string;
  readonly limits: BodyLimits;
}

/** From its first refusal on a request is sent again for so long: nothing ran, and the next owner is usually known at once. */
const replayForMs = 1000;
const replayPauseMs = 20;

/** Sends requests to the owner of their uid, and once more where the owner has changed. */
export class Forwarder {
  readonly #options: ForwarderOptions;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** Forwards one request and relays the answer. Rejects with a `GatewayError` where it could not be had. */
  async forward(exchange: Exchange): Promise<void> {
    const { resolver, limits } = this.#options;
    const { req, res, identity, onRead } = exchange;
    const { uid } = identity;
    let body: Body | undefined;
    let refusedAtMs: number | undefined;
    const attempt = followClient(res);
    for (;;) {
      const route = resolver.peek(uid) ?? (await resolver.resolve(uid, req));
      if (body === undefined) {
        const reading = readBody(req, limits, onRead);
        body = reading instanceof Promise ? await reading : reading;
      }
      exchange.onTake(route);
      if (await this.#ask(exchange, route, body, attempt)) return;
      resolver.forget(uid);
      const again = refusedAtMs !== undefined;
      refusedAtMs ??= performance.now();
      const replayable = !(body instanceof StreamedBody) || body.replayable;
      if (!replayable || performance.now() - refusedAtMs > replayForMs) {
        const message = "the owner of the uid changed while the request was on its way; it was not run";
        throw new GatewayError(503, "OWNER_CHANGED", message, { retryAfterMs: 1000 });
      }
      if (again) await sleep(replayPauseMs);
    }
  }

  /** Whether the pod has answered; if not, the request certainly did not run and its owner may have changed. */
  async #ask(exchange: Exchange, route: Route, body: Body, attempt: Attempt): Promise<boolean> {
    const outcome = await this.#send(exchange, route, body, attempt);
    if (outcome.error === undefined) return outcome.is === "answered";
    const cause = outcome.error;
    if (cause instanceof GatewayError) throw cause;
    if (outcome.is === "broken") throw brokenOff(route, cause);
    if (codeOf(cause) === "UND_ERR_INVALID_ARG") throw new GatewayError(400, "BAD_REQUEST", cause.message, { cause });
    if (await this.#ownerHasChanged(exchange, route)) return false;
    const message = `pod ${route.pod} accepts no connection, and its lease has not ended yet`;
    throw new GatewayError(503, "POD_UNREACHABLE", message, { cause, retryAfterMs: 1000 });
  }

  #send(exchange: Exchange, route: Route, body: Body, attempt: Attempt): Promise<Outcome> {
    const { req, res, identity, trace, isLast, onUpgrade } = exchange;
    const { upstreams, secret } = this.#options;
    const { path, host } = requestTarget(req.url ?? "/");
    const headers = requestHeaders(req, { uid: identity.uid, route, secret, trace: trace?.headers, host });
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const relay = new AnswerRelay({
      ...{ res, isLast, setCookie: identity.setCookie },
      onUpgrade: onUpgrade && ((upgraded) => onUpgrade(upgraded, route, identity.setCookie)),
      onOutcome: resolve,
    });
    attempt.relay = relay;
    if (attempt.gone) relay.abort(attempt.gone);
    const upgrade = onUpgrade ? (req.headers.upgrade ?? null) : null;
    try {
      upstreams.dispatch(route.address, { method: req.method ?? "GET", path, headers, body, upgrade }, relay);
    } catch (error) {
      resolve({ is: "not-sent", error: error as Error });
    }
    return promise;
  }

  // The process is gone, or the address is old: the pod table tells which.
  async #ownerHasChanged({ req, identity: { uid } }: Exchange, { incarnation }: Route): Promise<boolean> {
    const { resolver } = this.#options;
    await resolver.refreshPods().catch(() => undefined);
    resolver.forget(uid);
    return (await resolver.resolve(uid, req)).incarnation !== incarnation;
  }
}

/** What is under way for a client at the moment. */
interface Attempt {
  relay: AnswerRelay | undefined;
  gone: Error | undefined;
}

// A client that leaves ends its request to the pod, whichever attempt it is.
const followClient = (res: ServerResponse): Attempt => {
  const attempt: Attempt = { relay: undefined, gone: undefined };
  const leave = (): void => {
    if (res.writableFinished) return;
    attempt.gone = new GatewayError(499, "CLIENT_GONE", "the client has left");
    attempt.relay?.abort(attempt.gone);
  };
  if (res.destroyed) leave();
  else res.once("close", leave);
  return attempt;
};

const codeOf = (error: Error): string => (error as { code?: string }).code ?? "";

const brokenOff = ({ pod }: Route, cause: Error): GatewayError => {
  const code = codeOf(cause);
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return new GatewayError(504, "POD_TIMEOUT", `pod ${pod} did not answer in time`, { cause });
  }
  return new GatewayError(502, "POD_RESET", `pod ${pod} broke off the connection (${code || "unknown"})`, { cause });
};

/** What the router throws, as an answer. */
export const toRouteError = (cause: unknown): unknown =>
  cause instanceof ExecutorError
    ? new GatewayError(503, cause.code, cause.message, { cause, retryAfterMs: cause.retryAfterMs ?? 1000 })
    : cause;
