import type { Draw } from "../random.ts";
import type { Key, LoadReport, PodId } from "../types.ts";

/** What a strategy sees of a pod: live, read-only. */
export interface Candidate {
  readonly podId: PodId;
  /** A small integer, unique in its balancer and used again after the pod has left: an index into arrays. */
  readonly slot: number;
  /** Weight > 0 of now: smaller than the configured one while a joined pod warms up. */
  readonly weight: number;
  /** Weight as configured, for strategies on which gateways must agree, however long each has known the pod. */
  readonly configuredWeight: number;
  /** Open leases. */
  readonly inFlight: number;
  /** Open links. */
  readonly sessions: number;
}

/** How one request ended. The object is used again: read it, do not keep it. `NaN` where nobody knows. */
export interface Sample {
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly load: number;
}

/** How busy pods are, by slot. */
export interface Occupancies {
  /** What one more request on the pod would make: (open leases + 1) / weight. */
  occupancy(slot: number): number;
}

/** What a strategy is built with. */
export interface StrategyEnvironment {
  readonly draw: Draw;
  readonly pods: Occupancies;
  /** The time in ms: exact below a thousand picks per second and on a clock of the caller, else at most 64 picks old. */
  readonly time: { readonly nowMs: number };
}

/** One pod that the last choice looked at. Smaller cost is better. */
export interface ConsideredPod {
  readonly podId: PodId;
  readonly cost: number;
}

/** Why a strategy chose what it chose last. */
export interface StrategyReason {
  readonly reason: string;
  readonly considered: readonly ConsideredPod[];
}

/**
 * How work is spread. The balancer says which pods may be chosen now (`join`, `leave`: health, ejection, limits and draining
 * are its business) and asks with `select`; everything else is optional. All calls are synchronous. Calls made per request
 * know a pod by its slot alone, an index into arrays of your own: objects would be cache misses in a large fleet.
 */
export interface Strategy {
  /** The pod may be chosen from now on. */
  join(pod: Candidate): void;
  /** The pod must not be chosen for now: it is full, ejected, unhealthy, draining or gone. */
  leave(pod: Candidate): void;
  /** The slot of a joined pod, or `undefined` where none has joined. Hot: allocate nothing. */
  select(key: Key | undefined): number | undefined;
  /** Whether it chooses by key; then it also places links that come with a key. Default false. */
  readonly keyed?: boolean;
  /** The open leases of a joined pod have changed to so many; for placement, its open links. For strategies that keep an order. */
  counted?(slot: number, count: number): void;
  /** How a request to a joined pod went; after `counted`, and not where it was given up. */
  observed?(slot: number, sample: Sample): void;
  /** The weight of a joined pod has changed. */
  reweighed?(pod: Candidate): void;
  /** The pod has left the fleet, joined or not; its slot will be another's. */
  forget?(pod: Candidate): void;
  /** The pod's heartbeat came in. */
  reported?(pod: Candidate, report: LoadReport): void;
  /** Why the last `select` fell where it did. */
  explain?(): StrategyReason;
}

/** Builds a strategy. Called once per balancer and name. */
export type StrategyFactory = (environment: StrategyEnvironment) => Strategy;
