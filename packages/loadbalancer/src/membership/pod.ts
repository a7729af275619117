import type { Candidate } from "../strategies/strategy.ts";
import type { PodId, RoutingState } from "../types.ts";

/** No limit, as a small integer: a comparison with Infinity would load a boxed double. */
export const UNLIMITED = 0x3fff_ffff;

/** Why a pod was taken out, and for how long. */
export interface Ejection {
  readonly reason: string;
  untilMs: number;
  /** `out` until its time has come, `offered` for one trial request, `tried` while that is under way. */
  phase: "out" | "offered" | "tried";
}

/** All that a balancer knows of one pod. The balancer writes, strategies read it as a `Candidate`. */
export class Pod implements Candidate {
  // What every request touches comes first, to lie in one cache line.
  inFlight = 0;
  /** Leases opened since the last sweep and still open. */
  young = 0;
  succeeded = 0;
  errorsInRow = 0;
  /** Neither ejected nor full nor gone: closing a lease has no consequences. */
  plain = true;
  weight = 1;
  sessions = 0;
  maxConnections: number = UNLIMITED;
  slot = -1;
  /** Whether strategies may choose it now. */
  joined = false;
  // -0 and not 0: a double from the start, whose box is then changed in place.
  latencySumMs = -0;
  readonly podId: PodId;
  ejection: Ejection | undefined = undefined;
  member = false;
  healthy = true;
  full = false;
  state: RoutingState = "ready";
  configuredWeight = 1;
  failed = 0;
  /** Successes without a known latency. */
  latencyUnknown = 0;
  abandoned = 0;
  aborted = 0;
  ejections = 0;
  /** Ejections without a good spell between them; the back-off doubles with it. */
  ejectionsInRow = 0;
  returnedAtMs: number = Number.NEGATIVE_INFINITY;

  constructor(podId: PodId) {
    this.podId = podId;
  }

  get connections(): number {
    return this.inFlight + this.sessions;
  }

  /** Takes work as far as its owner is concerned; health is another matter. */
  get willing(): boolean {
    return this.member && this.state === "ready" && this.configuredWeight > 0;
  }

  /** Fit for work as far as probes and answers tell. */
  get fit(): boolean {
    return this.healthy && (this.ejection === undefined || this.ejection.phase === "offered");
  }
}
