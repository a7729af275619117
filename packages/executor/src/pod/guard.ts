import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fenceHeader, loadHeader, ownerHeader, refusedHeader, secretHeader, uidHeader } from "../wire.ts";
import type { Admission, Held, Refusal } from "./held.ts";

/** What user code is told about the request's uid. */
export interface Ownership {
  readonly uid: string;
  /** For conditional writes: storage outside the pod is safe only where it checks the fence. */
  readonly fence: number;
  /** Aborted when the pod loses the uid; the request may outlive that. */
  readonly signal: AbortSignal;
}

/** A node:http request handler that runs only for uids that the pod owns. */
export type GuardedHandler = (req: IncomingMessage, res: ServerResponse, ownership: Ownership) => unknown;

/** What the guard needs of the pod agent. */
export interface Arbiter {
  readonly load: number;
  admit(uid: string, fence: number): Held | undefined;
  adopt(uid: string, fence: number): Promise<Admission>;
}

const statusOf: Readonly<Record<Refusal, number>> = { "not-owner": 421, lease: 421, draining: 421, failed: 503 };

const ownerships = new WeakMap<IncomingMessage, Ownership>();

/** In middleware: the ownership of a request that passed the guard. Throws a `TypeError` for any other. */
export const ownershipOf = (req: IncomingMessage): Ownership => {
  const ownership = ownerships.get(req);
  if (!ownership) throw new TypeError("the request did not pass agent.guard(): install the guard before this handler");
  return ownership;
};

const answer = (res: ServerResponse, status: number, code: string, message: string): void => {
  const body = JSON.stringify({ error: { code, message } });
  res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  res.end(body);
};

const refuse = (res: ServerResponse, refused: Refusal, owner?: { readonly pod: number }): void => {
  res.setHeader(refusedHeader, refused);
  if (owner) res.setHeader(ownerHeader, owner.pod);
  if (refused === "failed") res.setHeader("retry-after", 1);
  answer(
    res,
    statusOf[refused],
    refused.toUpperCase().replace("-", "_"),
    `this pod does not serve the uid: ${refused}`,
  );
};

const single = (value: string | string[] | undefined): string => (typeof value === "string" ? value : "");

const decodeUid = (text: string): string => {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
};

const sameSecret = (given: string, expected: Buffer): boolean => {
  const bytes = Buffer.from(given);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
};

/** See `PodAgent.guard`. */
export const createGuard = (arbiter: Arbiter, secret: string | undefined, handler: GuardedHandler | undefined) => {
  const expected = secret === undefined ? undefined : Buffer.from(secret);

  const run = (req: IncomingMessage, res: ServerResponse, held: Held, next: (() => void) | undefined): void => {
    // The client left while the uid was taken up: nobody waits, and "close" would not come again.
    if (res.closed) return;
    // In flight until the answer has left or the client is gone: an idle uid is let go only between requests.
    held.inFlight++;
    res.once("close", () => held.inFlight--);
    res.setHeader(loadHeader, arbiter.load);
    const ownership: Ownership = { uid: held.uid, fence: held.fence, signal: held.abort.signal };
    if (handler) handler(req, res, ownership);
    else {
      ownerships.set(req, ownership);
      next?.();
    }
  };

  const adoptAndRun = async (
    req: IncomingMessage,
    res: ServerResponse,
    uid: string,
    fence: number,
    next?: () => void,
  ) => {
    let admission: Admission;
    try {
      admission = await arbiter.adopt(uid, fence);
    } catch {
      res.setHeader("retry-after", 1);
      answer(res, 503, "STORE_UNAVAILABLE", "the pod cannot ask the store whether it owns the uid");
      return;
    }
    const { held } = admission;
    // Outside this promise: what user code throws is then treated as node:http treats it on the quick path.
    if (held) queueMicrotask(() => run(req, res, held, next));
    else refuse(res, admission.refused, admission.owner);
  };

  return (req: IncomingMessage, res: ServerResponse, next?: () => void): void => {
    if (expected && !sameSecret(single(req.headers[secretHeader]), expected)) {
      answer(res, 403, "FORBIDDEN", `the header ${secretHeader} must hold the secret that gateways share`);
      return;
    }
    const uid = decodeUid(single(req.headers[uidHeader]));
    const fence = Number(single(req.headers[fenceHeader]));
    if (uid === "" || !Number.isSafeInteger(fence) || fence < 1) {
      answer(res, 400, "BAD_REQUEST", `the headers ${uidHeader} and ${fenceHeader} must name the uid and its fence`);
      return;
    }
    const held = arbiter.admit(uid, fence);
    if (held) run(req, res, held, next);
    else void adoptAndRun(req, res, uid, fence, next);
  };
};
