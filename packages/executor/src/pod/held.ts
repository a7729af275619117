import type { HeldLink } from "../store/store.ts";
import type { Link } from "../types.ts";

/** A uid that this pod holds, from its adoption until it is lost or let go. */
export interface Held extends HeldLink {
  /** Aborted when the uid is lost or let go. */
  readonly abort: AbortController;
  /** Whether `onAcquire` has finished: before that nothing is served. */
  ready: boolean;
  /** The link counts as valid until then, by the local monotonic clock. Infinity if it is persistent. */
  linkEndMs: number;
  renewedAtMs: number;
  lastUsedMs: number;
  inFlight: number;
}

/** Why a pod refuses a uid. `failed`: user code threw in `onAcquire`. */
export type Refusal = "not-owner" | "lease" | "draining" | "failed";

/** The answer to a request for a uid. */
export type Admission =
  | { readonly held: Held; readonly refused?: undefined }
  | { readonly held?: undefined; readonly refused: Refusal; readonly owner?: Link | undefined };

/** Whether a temporary link has not been used for its whole lifetime. */
export const isIdle = (held: Held, nowMs: number): boolean =>
  held.lifetimeSeconds !== "persistent" && held.inFlight === 0 && nowMs - held.lastUsedMs > held.lifetimeSeconds * 1000;

/** Whether its link wants renewal: a temporary one at a third of its lifetime, a persistent one is checked once a lease. */
export const isDue = (held: Held, nowMs: number, leaseMs: number): boolean =>
  nowMs - held.renewedAtMs >=
  (held.lifetimeSeconds === "persistent" ? leaseMs : Math.min((held.lifetimeSeconds * 1000) / 3, leaseMs));
