import type { IncomingMessage, ServerResponse } from "node:http";
import { loadHeader } from "../wire.ts";
import { type Held, isOver, type Ownership } from "./held.ts";
import { type Arbiter, type RedirectOptions, Redirector } from "./redirect.ts";
import { fenceTextOfHeaders, hasSecret, parseFence, uidOfHeaders } from "./route-headers.ts";
import { adopted, directed, forbidden, isHeld, refusal, unnamed, type Verdict } from "./verdict.ts";

/** A node:http request handler that runs only for uids that the pod owns. */
export type GuardedHandler = (req: IncomingMessage, res: ServerResponse, ownership: Ownership) => unknown;

/** What a guard may be told. */
export interface GuardOptions {
  /** Requests come from clients instead of gateways: those for other pods are answered 307. Default none. */
  readonly redirect?: RedirectOptions | undefined;
}

const tenure: unique symbol = Symbol("tenure");

interface Guarded {
  [tenure]?: Held;
}

/** In middleware: the ownership of a request that passed the guard. Throws a `TypeError` for any other. */
export const ownershipOf = (req: IncomingMessage): Ownership => {
  const held = (req as Guarded)[tenure];
  if (!held) throw new TypeError("the request did not pass agent.guard(): install the guard before this handler");
  return held.ownership;
};

const answer = (res: ServerResponse, { status, code, message, headers }: Verdict): void => {
  const body = JSON.stringify({ error: { code, message } });
  const length = Buffer.byteLength(body);
  res.writeHead(status, { ...headers, "content-type": "application/json", "content-length": length });
  res.end(body);
};

/** See `PodAgent.guard`. */
export const createGuard = (
  arbiter: Arbiter,
  secret: string | undefined,
  handler: GuardedHandler | undefined,
  { redirect }: GuardOptions,
): ((req: IncomingMessage, res: ServerResponse, next?: () => void) => void) => {
  const run = (req: IncomingMessage, res: ServerResponse, held: Held, next: (() => void) | undefined): void => {
    // The client left while the uid was taken up: nobody waits, and "close" would not come again.
    if (res.closed) return;
    // In flight until the answer has left or the client is gone: an idle uid is let go only between requests.
    held.inFlight++;
    res.on("close", held.onClose);
    res.setHeader(loadHeader, arbiter.load);
    if (handler) handler(req, res, held.ownership);
    else {
      (req as Guarded)[tenure] = held;
      next?.();
    }
  };

  const runOrAnswer = async (
    outcome: Promise<Held | Verdict>,
    req: IncomingMessage,
    res: ServerResponse,
    next: (() => void) | undefined,
  ): Promise<void> => {
    const found = await outcome;
    // Who sends on a connection just when it is closed never learns whether the request ran: so it is told beforehand.
    if (arbiter.state === "shutdown") res.shouldKeepAlive = false;
    if (!isHeld(found)) return answer(res, found);
    // Outside this promise: what user code throws is then treated as node:http treats it on the quick path.
    queueMicrotask(() => (isOver(found) ? answer(res, refusal("moving")) : run(req, res, found, next)));
  };

  if (redirect) {
    const redirector = new Redirector(arbiter, redirect);
    return (req, res, next) => void runOrAnswer(directed(redirector, req), req, res, next);
  }

  return (req, res, next) => {
    if (secret !== undefined && !hasSecret(req.headers, secret)) return answer(res, forbidden);
    const uid = uidOfHeaders(req.headers);
    const text = fenceTextOfHeaders(req.headers);
    const held = arbiter.admit(uid, text);
    if (held) return run(req, res, held, next);
    const fence = parseFence(text);
    if (uid === "" || fence === 0) return answer(res, unnamed);
    void runOrAnswer(adopted(arbiter, uid, fence), req, res, next);
  };
};
