/** A pod's id: its ordinal, or any name. `0` and `""` are ids like all others; "no pod" is `undefined`. */
export type PodId = number | string;

/** What a keyed strategy hashes: a uid, a document id, a number. */
export type Key = number | string;

/** `ready` takes new work, `deny-new` and `shutdown` take none and keep what they have. */
export type RoutingState = "ready" | "deny-new" | "shutdown";

/** What a pod is added with. */
export interface PodOptions {
  /** Share of the work in proportion to the others, >= 0; 0 takes no work. Default 1. */
  readonly weight?: number;
  /** Open leases plus links that the pod may have at once, >= 1. Default: the balancer's `maxConnections`. */
  readonly maxConnections?: number;
}

/** One pod of the list that `sync` takes. */
export interface PodSpec extends PodOptions {
  readonly podId: PodId;
  /** Default `ready`. */
  readonly state?: RoutingState;
}

/** How a request went. */
export interface Outcome {
  /** Whether the pod did its work. An answer that is the client's fault (4xx) is `true`. */
  readonly ok: boolean;
  /** From sending to the answer, in ms. Without it the balancer's own clock is used, where the
   * pick read it. Negative and infinite ones and texts count as unknown. Ignored when `ok` is false. */
  readonly latencyMs?: number;
  /** What the pod said about itself in this answer: requests it has in flight, waiting ones included. A number, not a header's text. */
  readonly load?: number;
}

/**
 * A request's place on a pod. Call `done` once, in a `finally`, with how it went, or with nothing where it was given up
 * without the pod being to blame. A second call does nothing.
 */
export interface Lease {
  readonly podId: PodId;
  done(outcome?: Outcome): void;
}

/** A session's place on a pod. Call `release` when the session has ended or moved; a second call does nothing. */
export interface Link {
  readonly podId: PodId;
  release(): void;
}

/** What a pod says of itself in its heartbeat, as old as it is. Never the only ground of a choice. */
export interface LoadReport {
  /** Requests that the pod has in flight, from everywhere. */
  readonly inFlight?: number;
  /** Sessions that the pod holds, from everywhere. */
  readonly sessions?: number;
  /** The pod's own measure of how busy it is; smaller is freer. */
  readonly load?: number;
}
