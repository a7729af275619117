import type { Pod } from "../membership/pod.ts";
import { accumulate, type Totals } from "../membership/totals.ts";
import type { ConsideredPod } from "../strategies/strategy.ts";
import type { PodId, RoutingState } from "../types.ts";
import type { TimeQuantiles } from "./histogram.ts";

/** Counts of requests. Each lease that was handed out is in exactly one of them, or still in flight. */
export interface RequestCounts {
  readonly successfulRequests: number;
  readonly failedRequests: number;
  /** Given up by their signal. */
  readonly abortedRequests: number;
  /** Never finished and swept after `leaseTimeoutMs`. */
  readonly abandonedRequests: number;
}

/** One pod's figures. */
export interface PodStats extends RequestCounts {
  readonly podId: PodId;
  /** `departed`: it has left, with work still open. */
  readonly state: RoutingState | "departed";
  readonly healthy: boolean;
  /** Why it is ejected; `undefined` where it is not. */
  readonly ejected: string | undefined;
  /** Whether a pick may fall on it now. */
  readonly eligible: boolean;
  /** The weight of now, which is smaller than the configured one while it warms up. */
  readonly weight: number;
  /** Open leases. */
  readonly inFlight: number;
  /** Open links. */
  readonly sessions: number;
  /** Both together: what `maxConnections` limits. */
  readonly connections: number;
  /** How often it was ejected. */
  readonly ejections: number;
  /** True mean over the successful requests with a known latency, in ms; `undefined` before the first. */
  readonly averageResponseTimeMs: number | undefined;
}

/** All figures of a balancer at one moment. A fresh object. */
export interface LoadBalancerStats extends RequestCounts {
  /** Leases handed out. */
  readonly totalRequests: number;
  /** Picks that found no pod. */
  readonly refusedRequests: number;
  readonly inFlight: number;
  readonly sessions: number;
  readonly connections: number;
  /** Callers that wait in `acquire`. */
  readonly waiting: number;
  /** True mean over the successful requests with a known latency, in ms; `undefined` before the first. */
  readonly averageResponseTimeMs: number | undefined;
  readonly responseTime: TimeQuantiles;
  /** How long a pick takes; one in 64 is measured. */
  readonly pickTime: TimeQuantiles;
  /** On the balancer's clock, in ms, at most 64 picks old; `undefined` before the first. */
  readonly lastRequestAtMs: number | undefined;
  /** Picks by strategy. */
  readonly strategyRequests: Readonly<Record<string, number>>;
  readonly ejections: number;
  /** Whether health is not believed now, because too few pods are fit. */
  readonly panicking: boolean;
  readonly pods: readonly PodStats[];
}

/** Why the last choice fell where it did. */
export interface Explanation {
  readonly podId: PodId;
  readonly strategy: string;
  /** In words. */
  readonly reason: string;
  /** The pods that were compared, the chosen one first, with their costs; smaller is better. Empty where nothing is compared. */
  readonly considered: readonly ConsideredPod[];
  /** Pods of the fleet, pods that take work, and those of them that are fit. */
  readonly fleet: { readonly size: number; readonly willing: number; readonly fit: number };
  readonly panicking: boolean;
  /** Whether this pod was ejected and the pick was its trial. */
  readonly trial: boolean;
}

const countsOf = (totals: Readonly<Totals>): RequestCounts => ({
  successfulRequests: totals.succeeded,
  failedRequests: totals.failed,
  abortedRequests: totals.aborted,
  abandonedRequests: totals.abandoned,
});

const meanOf = ({ succeeded, latencyUnknown, latencySumMs }: Readonly<Totals>): number | undefined =>
  succeeded === latencyUnknown ? undefined : latencySumMs / (succeeded - latencyUnknown);

const statsOfPod = (pod: Pod): PodStats => ({
  podId: pod.podId,
  state: pod.member ? pod.state : "departed",
  healthy: pod.healthy,
  ejected: pod.ejection?.reason,
  eligible: pod.joined,
  weight: pod.weight,
  inFlight: pod.inFlight,
  sessions: pod.sessions,
  connections: pod.connections,
  ejections: pod.ejections,
  averageResponseTimeMs: meanOf(pod),
  ...countsOf(pod),
});

/** The part of the figures that follows from the pods that are there and the sums of those that have left. */
export const statsOfPods = (
  pods: Iterable<Pod>,
  departed: Readonly<Totals>,
): Omit<
  LoadBalancerStats,
  "refusedRequests" | "waiting" | "responseTime" | "pickTime" | "lastRequestAtMs" | "strategyRequests" | "panicking"
> => {
  const totals = { ...departed };
  const each: PodStats[] = [];
  for (const pod of pods) {
    accumulate(totals, pod);
    each.push(statsOfPod(pod));
  }
  return {
    totalRequests: totals.succeeded + totals.failed + totals.aborted + totals.abandoned + totals.inFlight,
    ...countsOf(totals),
    inFlight: totals.inFlight,
    sessions: totals.sessions,
    connections: totals.inFlight + totals.sessions,
    ejections: totals.ejections,
    averageResponseTimeMs: meanOf(totals),
    pods: each,
  };
};
