import type { HeldLink } from "../store/answers.ts";
import type { Link } from "../types.ts";

/** What user code is told about the request's uid. */
export interface Ownership {
  readonly uid: string;
  /** For conditional writes: storage outside the pod is safe only where it checks the fence. */
  readonly fence: number;
  /** Aborted when the pod loses the uid or has handed it over; the request may outlive that. */
  readonly signal: AbortSignal;
}

/** Something open for a uid that must end with the tenure, e.g. a WebSocket. */
export interface OpenEnd {
  end(): void;
}

/** A uid that this pod holds, from its adoption until it is lost or let go. */
export interface Held extends HeldLink {
  /** The fence as headers have it: compared as text, a request's fence needs no number, which would be an object. */
  readonly fenceText: string;
  /** The same object for every request, so that the guard makes none. */
  readonly ownership: Ownership;
  /** Aborted when the uid is lost or let go. */
  readonly abort: AbortController;
  /** Whether `onAcquire` has finished: before that nothing is served. */
  ready: boolean;
  /** It is being handed over or given up: nothing new is served. */
  leaving: boolean;
  /** Its leaving may take long: what comes meanwhile is refused at once, for the router is where requests wait. */
  refusing: boolean;
  /** The link counts as valid until then, by the local monotonic clock. Infinity if it is persistent. */
  linkEndMs: number;
  renewedAtMs: number;
  lastUsedMs: number;
  inFlight: number;
  /** `settle` for this tenure: one function for all its requests, so that the guard makes none and marks nothing. */
  readonly onClose: () => void;
  /** Called when nothing is in flight any more. */
  onQuiet: (() => void) | undefined;
  /** Counted in `inFlight` too. */
  readonly open: Set<OpenEnd>;
}

/** Why a pod refuses a uid. `failed`: user code threw in `onAcquire`. */
export type Refusal = "not-owner" | "lease" | "draining" | "full" | "moving" | "failed";

/** The answer to a request for a uid. */
export type Admission =
  | { readonly held: Held; readonly refused?: undefined }
  | { readonly held?: undefined; readonly refused: Refusal; readonly owner?: Link | undefined };

/** Something that was in flight for the uid has ended. */
export const settle = (held: Held): void => {
  held.inFlight--;
  if (held.inFlight === 0) held.onQuiet?.();
};

// One for all: an error of its own for each would cost a stack trace, 12 us of each of the uids that a drain gives up.
const ended = new DOMException("the pod does not serve the uid any more", "AbortError");

/** Fires the signal that user code was given. */
export const fireSignal = (held: Held): void => held.abort.abort(ended);

/** Whether the tenure has ended or is about to: what was admitted a moment ago must not begin any more. */
export const isOver = (held: Held): boolean => held.leaving || held.abort.signal.aborted;

/** Whether a temporary link has not been used for its whole lifetime. */
export const isIdle = (held: Held, nowMs: number): boolean =>
  held.lifetimeSeconds !== "persistent" && held.inFlight === 0 && nowMs - held.lastUsedMs > held.lifetimeSeconds * 1000;

/** Whether its link wants renewal: a temporary one at a third of its lifetime, a persistent one is checked once a lease. */
export const isDue = (held: Held, nowMs: number, leaseMs: number): boolean =>
  nowMs - held.renewedAtMs >=
  (held.lifetimeSeconds === "persistent" ? leaseMs : Math.min((held.lifetimeSeconds * 1000) / 3, leaseMs));
