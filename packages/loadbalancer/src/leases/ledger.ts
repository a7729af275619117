import { LoadBalancerError } from "../errors.ts";
import type { Ejector } from "../health/ejector.ts";
import {
  CAPACITY,
  type Counters,
  IN_FLIGHT,
  LATENCY_SUM,
  LATENCY_UNKNOWN,
  OLD,
  ROW_SHIFT,
  SUCCEEDED,
} from "../membership/counters.ts";
import type { Fleet } from "../membership/fleet.ts";
import type { Pod } from "../membership/pod.ts";
import { TimeHistogram } from "../stats/histogram.ts";
import type { Strategy } from "../strategies/strategy.ts";
import type { Timeline } from "../time.ts";
import type { Outcome } from "../types.ts";
import { Audience } from "./audience.ts";
import { AbortableLease, type LeaseDesk, PodLease, TimedLease, UNTIMED } from "./lease.ts";

/** The start of a lease in 1/64 ms, modulo 2^32 (18 hours): a small integer, where a double would cost 16 bytes per lease. */
const TICKS_PER_MS = 64;

/** Who waits for a free place. */
interface Waiting {
  readonly size: number;
  serve(): void;
}

/** Opens, closes and sweeps leases, and keeps their counts. Open leases are the sum of the pods' `inFlight` at any time. */
export class Ledger implements LeaseDesk {
  readonly responseTimes: TimeHistogram = new TimeHistogram();
  readonly #fleet: Fleet;
  readonly #counters: Counters;
  readonly #ejector: Ejector;
  readonly #time: Timeline;
  readonly #leaseTimeoutMs: number;
  readonly #queue: Waiting;
  readonly #audience = new Audience();
  // Leases carry the number of the period that they were opened in; at the end of the next one they are swept.
  #period = 0;
  #periodEndsAtMs: number;

  constructor(fleet: Fleet, ejector: Ejector, time: Timeline, leaseTimeoutMs: number, queue: Waiting) {
    this.#fleet = fleet;
    this.#counters = fleet.counters;
    this.#ejector = ejector;
    this.#time = time;
    this.#leaseTimeoutMs = leaseTimeoutMs;
    this.#periodEndsAtMs = time.nowMs + leaseTimeoutMs;
    this.#queue = queue;
  }

  /** A strategy that wants to hear of leases. */
  attach(strategy: Strategy): void {
    this.#audience.add(strategy);
  }

  /** `timed` says that the clock was read for this very pick. @throws LoadBalancerError STRATEGY_MISUSE */
  open(slot: number, timed: boolean, signal: AbortSignal | undefined): PodLease {
    const pod = this.#fleet.at(slot);
    const { cells } = this.#counters;
    const row = slot << ROW_SHIFT;
    const capacity = cells[row + CAPACITY]!;
    if (pod === undefined || (capacity < 0 && !pod.joined)) throw misuse(slot);
    // Before it is counted: a signal that is none throws here.
    const lease =
      timed || signal !== undefined ? this.#timedLease(pod, signal) : new PodLease(this, pod, slot, this.#period);
    const inFlight = cells[row + IN_FLIGHT]! + 1;
    cells[row + IN_FLIGHT] = inFlight;
    if (inFlight >= capacity) this.#followOpened(pod, lease);
    else this.#audience.counted(slot, inFlight | 0);
    return lease;
  }

  close(lease: PodLease, slot: number, period: number, outcome: Outcome | undefined): void {
    const { cells } = this.#counters;
    const row = slot << ROW_SHIFT;
    if (period !== this.#period) {
      if (period < this.#period - 1) return;
      cells[row + OLD]!--;
    }
    cells[row + IN_FLIGHT]!--;
    if (outcome !== undefined) this.#fill(lease, outcome);
    if (outcome?.ok) this.#succeeded(row);
    else this.#notSucceeded(slot, outcome);
    if (cells[row + CAPACITY]! >= 0 || this.#followClosed(slot, lease, outcome?.ok)) {
      // Read again: a place that came free may have gone to one who waited.
      this.#audience.counted(slot, cells[row + IN_FLIGHT]! | 0);
      if (outcome !== undefined) this.#audience.observed(slot);
    }
    if (this.#queue.size > 0) this.#queue.serve();
  }

  /** To be called when a pod may have reached its limit, or be below it again. */
  remeasure(pod: Pod): void {
    const wasFull = pod.full;
    pod.full = pod.connections >= pod.maxConnections;
    this.#fleet.refresh(pod);
    if (wasFull && !pod.full && this.#queue.size > 0) this.#queue.serve();
  }

  /**
   * Closes the leases that were opened before the last period began. `unseen` says that leases were opened since the clock
   * was last looked at: nobody knows how old they are, and they get another period.
   */
  sweep(unseen: boolean): void {
    const { nowMs } = this.#time;
    const overdueMs = nowMs - this.#periodEndsAtMs;
    if (!(overdueMs >= 0)) return;
    const missedOne = overdueMs >= this.#leaseTimeoutMs;
    this.#turn();
    if (missedOne && !unseen) this.#turn();
    this.#periodEndsAtMs = (missedOne || unseen ? nowMs : this.#periodEndsAtMs) + this.#leaseTimeoutMs;
  }

  #turn(): void {
    this.#period++;
    for (const pod of [...this.#fleet.pods()]) this.#sweepPod(pod);
  }

  #sweepPod(pod: Pod): void {
    const { slot } = pod;
    const old = this.#counters.get(slot, OLD);
    const inFlight = pod.inFlight - old;
    this.#counters.set(slot, IN_FLIGHT, inFlight);
    this.#counters.set(slot, OLD, inFlight);
    if (old === 0) return;
    pod.abandoned += old;
    this.#ejector.retry(pod);
    this.remeasure(pod);
    if (pod.joined) this.#audience.counted(slot, inFlight);
    this.#fleet.settleDeparted(pod);
    if (this.#queue.size > 0) this.#queue.serve();
  }

  #timedLease(pod: Pod, signal: AbortSignal | undefined): PodLease {
    const startTick = (this.#time.nowMs * TICKS_PER_MS) | 0 || 1;
    return signal === undefined
      ? new TimedLease(this, pod, pod.slot, this.#period, startTick)
      : new AbortableLease(this, pod, pod.slot, this.#period, startTick, signal);
  }

  #fill(lease: PodLease, { ok, latencyMs, load }: Outcome): void {
    const { sample } = this.#audience;
    sample.ok = ok;
    sample.latencyMs = known(latencyMs ?? this.#elapsedMs(lease));
    sample.load = load === undefined ? Number.NaN : known(load);
  }

  #succeeded(row: number): void {
    const { cells } = this.#counters;
    const { latencyMs } = this.#audience.sample;
    cells[row + SUCCEEDED]!++;
    if (latencyMs >= 0) {
      cells[row + LATENCY_SUM]! += latencyMs;
      this.responseTimes.record(latencyMs);
    } else cells[row + LATENCY_UNKNOWN]!++;
  }

  #notSucceeded(slot: number, outcome: Outcome | undefined): void {
    const pod = this.#fleet.at(slot)!;
    if (outcome === undefined) pod.aborted++;
    else this.#ejector.failed(pod);
  }

  /** What a lease changes for a pod that is now full or was special. */
  #followOpened(pod: Pod, lease: PodLease): void {
    this.#ejector.tried(pod, lease);
    this.remeasure(pod);
    if (pod.joined) this.#audience.counted(pod.slot, pod.inFlight);
  }

  /** What the end of a lease changes for a special pod. True where strategies may hear of it. */
  #followClosed(slot: number, lease: PodLease, ok: boolean | undefined): boolean {
    const pod = this.#fleet.at(slot)!;
    this.#ejector.judge(pod, lease, ok);
    this.remeasure(pod);
    this.#fleet.settleDeparted(pod);
    return pod.joined;
  }

  /** Since the lease was opened, or `NaN` where nobody looked at the clock then. */
  #elapsedMs(lease: PodLease): number {
    const startTick = lease.startTick();
    if (startTick === UNTIMED) return Number.NaN;
    const nowTick = (this.#time.read() * TICKS_PER_MS) | 0;
    return ((nowTick - startTick) >>> 0) / TICKS_PER_MS;
  }
}

/** A clock that jumped gives latencies that are none, a header's text is no number: they count as unknown. */
const known = (value: number): number =>
  typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY ? value : Number.NaN;

const misuse = (slot: number): LoadBalancerError =>
  new LoadBalancerError("STRATEGY_MISUSE", `a strategy chose slot ${slot}, of which no pod has joined`);
