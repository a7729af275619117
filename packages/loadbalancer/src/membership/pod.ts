import type { Candidate } from "../strategies/strategy.ts";
import type { PodId, RoutingState } from "../types.ts";
import {
  CAPACITY,
  type Counters,
  ERRORS_IN_ROW,
  IN_FLIGHT,
  LATENCY_SUM,
  LATENCY_UNKNOWN,
  SUCCEEDED,
} from "./counters.ts";

/** Why a pod was taken out, and for how long. */
export interface Ejection {
  readonly reason: string;
  untilMs: number;
  /** `out` until its time has come, `offered` for one trial request, `tried` while that is under way. */
  phase: "out" | "offered" | "tried";
}

/** All that a balancer knows of one pod. The balancer writes, strategies read it as a `Candidate`. */
export class Pod implements Candidate {
  readonly podId: PodId;
  readonly slot: number;
  readonly #counters: Counters;
  sessions = 0;
  maxConnections: number = Number.POSITIVE_INFINITY;
  configuredWeight = 1;
  weight = 1;
  state: RoutingState = "ready";
  member = false;
  healthy = true;
  full = false;
  /** Whether strategies may choose it now. */
  joined = false;
  ejection: Ejection | undefined = undefined;
  failed = 0;
  aborted = 0;
  abandoned = 0;
  ejections = 0;
  /** Ejections without a good spell between them; the back-off doubles with it. */
  ejectionsInRow = 0;
  returnedAtMs: number = Number.NEGATIVE_INFINITY;

  constructor(podId: PodId, slot: number, counters: Counters) {
    this.podId = podId;
    this.slot = slot;
    this.#counters = counters;
    counters.reset(slot);
  }

  get inFlight(): number {
    return this.#counters.get(this.slot, IN_FLIGHT);
  }

  get succeeded(): number {
    return this.#counters.get(this.slot, SUCCEEDED);
  }

  get latencySumMs(): number {
    return this.#counters.get(this.slot, LATENCY_SUM);
  }

  get latencyUnknown(): number {
    return this.#counters.get(this.slot, LATENCY_UNKNOWN);
  }

  get errorsInRow(): number {
    return this.#counters.get(this.slot, ERRORS_IN_ROW);
  }

  set errorsInRow(count: number) {
    this.#counters.set(this.slot, ERRORS_IN_ROW, count);
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

  /** To be called when links or the limit change: what is left for leases, and whether anything is. */
  measure(): void {
    this.#counters.set(this.slot, CAPACITY, this.maxConnections - this.sessions);
    this.full = this.connections >= this.maxConnections;
  }
}
