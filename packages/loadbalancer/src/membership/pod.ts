import type { Candidate } from "../strategies/strategy.ts";
import type { PodId, RoutingState } from "../types.ts";
import {
  CAPACITY,
  type Counters,
  IN_FLIGHT,
  LATENCY_SUM,
  LATENCY_UNKNOWN,
  SHARE,
  SPECIAL,
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
  #weight = 1;
  #errorsInRow = 0;
  #succeededAtLastError = 0;
  sessions = 0;
  maxConnections: number = Number.POSITIVE_INFINITY;
  configuredWeight = 1;
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

  get weight(): number {
    return this.#weight;
  }

  set weight(weight: number) {
    this.#weight = weight;
    this.#counters.set(this.slot, SHARE, 1 / weight);
  }

  /** One more failure. How many there have been without a success between them: successes cost nothing for that. */
  countFailure(): number {
    this.failed++;
    this.#errorsInRow = this.succeeded === this.#succeededAtLastError ? this.#errorsInRow + 1 : 1;
    this.#succeededAtLastError = this.succeeded;
    return this.#errorsInRow;
  }

  /** A pod that joins is taken for healthy, whatever the last one of its name was. */
  reset(): void {
    this.healthy = true;
    this.ejectionsInRow = 0;
    this.forgiveErrors();
  }

  /** What happened before does not count any more. */
  forgiveErrors(): void {
    this.#errorsInRow = 0;
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

  /** To be called when what decides on it has changed: brings the row up to date. */
  settle(): void {
    const plain = this.joined && this.ejection === undefined;
    this.#counters.set(this.slot, CAPACITY, plain ? this.maxConnections - this.sessions : SPECIAL);
  }
}
