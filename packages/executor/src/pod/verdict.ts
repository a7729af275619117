import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { PodId } from "../types.ts";
import { fenceHeader, ownerHeader, refusedHeader, secretHeader, uidHeader } from "../wire.ts";
import type { Held, Refusal } from "./held.ts";
import type { Arbiter, Redirector } from "./redirect.ts";

/** An answer without user code. */
export interface Verdict {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers: OutgoingHttpHeaders;
}

/** The answer to a request for a uid that this pod does not serve. */
export const refusal = (refused: Refusal, owner?: { readonly pod: PodId }): Verdict => ({
  status: refused === "failed" ? 503 : 421,
  code: refused.toUpperCase().replace("-", "_"),
  message: `this pod does not serve the uid: ${refused}`,
  headers: {
    [refusedHeader]: refused,
    ...(owner ? { [ownerHeader]: owner.pod } : {}),
    ...(refused === "failed" ? { "retry-after": "1" } : {}),
  },
});

const badRequest = (message: string): Verdict => ({ status: 400, code: "BAD_REQUEST", message, headers: {} });

/** The answer to a request that has no business here. */
export const forbidden: Verdict = Object.freeze({
  status: 403,
  code: "FORBIDDEN",
  message: `the header ${secretHeader} must hold the secret that gateways share`,
  headers: {},
});

/** The answer to a request from which uid or fence cannot be read. */
export const unnamed: Verdict = Object.freeze(
  badRequest(`the headers ${uidHeader} and ${fenceHeader} must name the uid and its fence`),
);

/** The answer while the store cannot say whose the uid is. */
export const undecided: Verdict = Object.freeze({
  status: 503,
  code: "STORE_UNAVAILABLE",
  message: "the pod cannot ask the store whether it owns the uid",
  headers: { "retry-after": "1" },
});

/** Whether this is a uid to serve rather than an answer. */
export const isHeld = (outcome: Held | Verdict): outcome is Held => "ownership" in outcome;

/** The uid, adopted if need be, or why it is not served here. Never rejects. */
export const adopted = async (arbiter: Arbiter, uid: string, fence: number): Promise<Held | Verdict> => {
  try {
    const admission = await arbiter.adopt(uid, fence);
    return admission.held ?? refusal(admission.refused, admission.owner);
  } catch {
    return undecided;
  }
};

/** The uid of a request that comes from a client, or where the client finds it. Never rejects. */
export const directed = async (redirector: Redirector, req: IncomingMessage): Promise<Held | Verdict> => {
  const uid = redirector.uidOf(req);
  if (uid === undefined) return badRequest("the request must name a uid");
  try {
    const direction = await redirector.direct(uid, req);
    if ("held" in direction) return direction.held;
    // To a client 421 would say that it asked wrongly; it may simply ask again.
    if ("refused" in direction) return { ...undecided, message: refusal(direction.refused).message };
    const headers = { location: direction.location, [ownerHeader]: direction.owner };
    return { status: 307, code: "REDIRECT", message: `pod ${direction.owner} serves the uid`, headers };
  } catch {
    return undecided;
  }
};
