import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Route } from "@route/executor";
import { AnswerRelay, type Outcome, type RelayOwner } from "./answer-relay.ts";
import { GatewayError, sendError, toGatewayError, toPodError } from "./errors.ts";
import { framingLines, requestHead, requestTarget, upgradeLines } from "./headers.ts";
import type { GatewayLimits, GatewayOptions } from "./options.ts";
import type { Identify, Identity, RequestTrace } from "./ports.ts";
import type { Resolver } from "./resolver.ts";
import type { AnswerHead } from "./upstream/answer-head.ts";
import type { Body, TakeBytes } from "./upstream/pod-request.ts";
import { type BodyLimits, hasBody, readBody, StreamedBody } from "./upstream/streamed-body.ts";
import type { Upstreams } from "./upstream/upstreams.ts";

/** What all exchanges of a gateway share. */
export interface ExchangeServices extends Pick<GatewayOptions, "startTrace" | "onServed"> {
  readonly identify: Identify;
  readonly resolver: Resolver;
  readonly upstreams: Upstreams;
  /** Shared with the pods. */
  readonly secret: string;
  readonly limits: BodyLimits & Pick<GatewayLimits, "replayForMs">;
  /** Whether the gateway is about to end. */
  readonly isStopping: () => boolean;
}

/** Told that a pod has switched protocols; what it returns takes what the pod says from then on. */
export type OnUpgrade = (head: AnswerHead, pod: Socket, setCookie: string | undefined) => TakeBytes;

/** What sets a request apart from a plain one. */
export interface RequestExtras {
  /** It wants another protocol. */
  readonly onUpgrade?: OnUpgrade;
  /** Its client sends the body after a 100. */
  readonly expectsContinue?: boolean;
}

const replayPauseMs = 20;
/** May be sent again although they may have run (RFC 9110, 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * One request of a client, from its head to its end, whatever happens: to the owner of its uid, and again where the owner
 * has changed. On the usual way, a hint and no body, nothing is awaited.
 */
export class Exchange implements RelayOwner {
  readonly res: ServerResponse;
  readonly #services: ExchangeServices;
  readonly #req: IncomingMessage;
  readonly #extras: RequestExtras;
  readonly #startMs: number;
  readonly #trace: RequestTrace | undefined;
  #identity: Identity | undefined;
  #route: Route | undefined;
  #body: Body = null;
  #relay: AnswerRelay | undefined;
  #refusedAtMs: number | undefined;
  #failure: GatewayError | undefined;
  #isFresh = false;

  constructor(services: ExchangeServices, req: IncomingMessage, res: ServerResponse, extras: RequestExtras) {
    this.#services = services;
    this.#req = req;
    this.res = res;
    this.#extras = extras;
    this.#startMs = services.onServed ? performance.now() : 0;
    this.#trace = services.startTrace?.(req);
    res.once("close", () => this.#onClose());
  }

  get setCookie(): string | undefined {
    return this.#identity?.setCookie;
  }

  begin(): void {
    const { identify, resolver } = this.#services;
    try {
      if (this.#req.method === "TRACE") throw new GatewayError(405, "METHOD", "TRACE would show what pods are told");
      this.#identity = identify(this.#req);
      const route = resolver.peek(this.#identity.uid);
      if (route === undefined || hasBody(this.#req)) this.#prepare(route).catch(this.#fail);
      else this.#send(route);
    } catch (error) {
      this.#fail(error);
    }
  }

  isLast(): boolean {
    return this.#services.isStopping();
  }

  onUpgrade(head: AnswerHead, pod: Socket): TakeBytes {
    // Pods that were not asked to switch are refused before.
    const takeBytes = this.#extras.onUpgrade!(head, pod, this.setCookie);
    this.#finish(101);
    return takeBytes;
  }

  onOutcome(outcome: Outcome): void {
    if (outcome.is !== "answered") this.#recover(outcome).catch(this.#fail);
  }

  get #uid(): string {
    return this.#identity!.uid;
  }

  async #prepare(known: Route | undefined): Promise<void> {
    const { resolver, limits } = this.#services;
    const route = known ?? (await resolver.resolve(this.#uid, this.#req));
    if (hasBody(this.#req)) this.#body = await readBody(this.#req, limits, this.#onRead);
    this.#send(route);
  }

  #send(route: Route): void {
    if (this.res.destroyed) return;
    this.#route = route;
    const { upstreams, secret } = this.#services;
    const isUpgrade = this.#extras.onUpgrade !== undefined;
    const { method = "GET", url = "/" } = this.#req;
    const head = requestHead(this.#req, requestTarget(url), {
      ...{ uid: this.#uid, route, secret, trace: this.#trace },
      framing: isUpgrade ? upgradeLines(this.#req) : framingLines(method, this.#body),
    });
    this.#relay = new AnswerRelay(this, { method, head, body: this.#body, isUpgrade, wantsFresh: this.#isFresh });
    upstreams.send(route.address, this.#relay);
  }

  /** Finds out whether the request may be sent again; if not, rejects with what the client is told. */
  async #recover(outcome: Exclude<Outcome, { is: "answered" }>): Promise<void> {
    const route = this.#route!;
    if (outcome.is === "stale" && this.#body === null && idempotent.has(this.#req.method ?? "")) {
      this.#isFresh = true;
      return this.#send(route);
    }
    if (outcome.error && outcome.is !== "not-sent") throw toPodError(route, outcome.is, outcome.error);
    if (outcome.error && !(await this.#ownerHasChanged(route))) throw toPodError(route, outcome.is, outcome.error);
    return this.#sendAgain();
  }

  // The process is gone, or the address is old: the pod table tells which.
  async #ownerHasChanged({ incarnation }: Route): Promise<boolean> {
    const { resolver } = this.#services;
    await resolver.refreshPods().catch(() => undefined);
    resolver.forget(this.#uid);
    return (await resolver.resolve(this.#uid, this.#req)).incarnation !== incarnation;
  }

  async #sendAgain(): Promise<void> {
    const { resolver, limits } = this.#services;
    resolver.forget(this.#uid);
    const isFirst = this.#refusedAtMs === undefined;
    this.#refusedAtMs ??= performance.now();
    const isReplayable = !(this.#body instanceof StreamedBody) || this.#body.replayable;
    if (!isReplayable || performance.now() - this.#refusedAtMs > limits.replayForMs) {
      const message = "the owner of the uid changed while the request was on its way; it was not run";
      throw new GatewayError(503, "OWNER_CHANGED", message, { retryAfterMs: 1000 });
    }
    if (!isFirst) await sleep(replayPauseMs);
    this.#send(resolver.peek(this.#uid) ?? (await resolver.resolve(this.#uid, this.#req)));
  }

  readonly #onRead = (): void => {
    if (this.#extras.expectsContinue) this.res.writeContinue();
  };

  readonly #fail = (error: unknown): void => {
    this.#failure = toGatewayError(error);
    // What is left of the body would be taken for the next request.
    if (this.isLast() || !this.#req.complete) this.res.shouldKeepAlive = false;
    sendError(this.res, this.#failure);
  };

  #onClose(): void {
    const isFinished = this.res.writableFinished;
    if (!isFinished) this.#relay?.abort();
    this.#finish(isFinished ? this.res.statusCode : 499);
  }

  #finish(status: number): void {
    this.#trace?.end(this.#failure);
    const durationMs = performance.now() - this.#startMs;
    const { onServed } = this.#services;
    onServed?.({
      req: this.#req,
      uid: this.#identity?.uid,
      status,
      durationMs,
      route: this.#route,
      code: this.#failure?.code,
    });
  }
}
