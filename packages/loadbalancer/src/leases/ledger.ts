import type { Ejector } from "../health/ejector.ts";
import type { Fleet } from "../membership/fleet.ts";
import type { Pod } from "../membership/pod.ts";
import { TimeHistogram } from "../stats/histogram.ts";
import { accumulate, type Totals, zeroTotals } from "../stats/stats.ts";
import type { Sample, Strategy } from "../strategies/strategy.ts";
import type { Timeline } from "../time.ts";
import type { Outcome } from "../types.ts";
import { AbortableLease, type LeaseDesk, PodLease } from "./lease.ts";

/** The start of a lease in 1/64 ms, modulo 2^32 (18 hours): a small integer, where a double would cost 16 bytes per lease. */
const TICKS_PER_MS = 64;
/** The start tick of a lease whose pick did not read the clock. */
const UNTIMED = 0;

/** Who waits for a free place. */
interface Waiting {
  readonly size: number;
  serve(): void;
}

/** Opens, closes and sweeps leases, and keeps their counts. Open leases are the sum of the pods' `inFlight` at any time. */
export class Ledger implements LeaseDesk {
  readonly responseTimes: TimeHistogram = new TimeHistogram();
  /** The counts of pods that have left for good. */
  readonly departed: Totals = zeroTotals();
  readonly #fleet: Fleet;
  readonly #ejector: Ejector;
  readonly #time: Timeline;
  readonly #leaseTimeoutMs: number;
  readonly #queue: Waiting;
  readonly #starters: Strategy[] = [];
  readonly #finishers: Strategy[] = [];
  readonly #observers: Strategy[] = [];
  readonly #sample: { -readonly [Field in keyof Sample]: Sample[Field] } = { ok: true, latencyMs: 0.5, load: 0.5 };
  // Leases carry the number of the period that they were opened in; after two periods without `done` they are swept.
  #period = 0;
  #periodEndsAtMs: number;

  constructor(fleet: Fleet, ejector: Ejector, time: Timeline, leaseTimeoutMs: number, queue: Waiting) {
    this.#fleet = fleet;
    this.#ejector = ejector;
    this.#time = time;
    this.#leaseTimeoutMs = leaseTimeoutMs;
    this.#periodEndsAtMs = time.nowMs + leaseTimeoutMs;
    this.#queue = queue;
  }

  /** A strategy that wants to hear of leases. */
  attach(strategy: Strategy): void {
    if (strategy.started !== undefined) this.#starters.push(strategy);
    if (strategy.finished !== undefined) this.#finishers.push(strategy);
    if (strategy.observed !== undefined) this.#observers.push(strategy);
  }

  /** `timed` says that the clock was read for this very pick. */
  open(pod: Pod, timed: boolean, signal: AbortSignal | undefined): PodLease {
    pod.inFlight++;
    pod.young++;
    const startTick = timed ? (this.#time.nowMs * TICKS_PER_MS) | 0 || 1 : UNTIMED;
    const lease =
      signal === undefined
        ? new PodLease(this, pod, this.#period, startTick)
        : new AbortableLease(this, pod, this.#period, startTick, signal);
    if (pod.inFlight + pod.sessions >= pod.maxConnections) this.occupy(pod);
    if (!pod.plain) this.#ejector.tried(pod, lease);
    if (pod.joined) for (let index = 0; index < this.#starters.length; index++) this.#starters[index]!.started!(pod);
    return lease;
  }

  close(lease: PodLease, pod: Pod, period: number, startTick: number, outcome: Outcome | undefined): void {
    if (period === this.#period) pod.young--;
    else if (period < this.#period - 1) return;
    pod.inFlight--;
    const latencyMs = outcome === undefined ? Number.NaN : this.#latency(startTick, outcome.latencyMs);
    if (outcome === undefined) pod.aborted++;
    else if (outcome.ok) this.#succeeded(pod, latencyMs);
    else this.#failed(pod);
    if (!pod.plain) this.#follow(pod, lease, outcome?.ok);
    if (pod.joined) {
      for (let index = 0; index < this.#finishers.length; index++) this.#finishers[index]!.finished!(pod);
      if (this.#observers.length > 0 && outcome !== undefined) this.#tell(pod, outcome, latencyMs);
    }
    if (this.#queue.size > 0) this.#queue.serve();
  }

  #succeeded(pod: Pod, latencyMs: number): void {
    pod.succeeded++;
    if (pod.errorsInRow !== 0) pod.errorsInRow = 0;
    if (latencyMs >= 0) {
      pod.latencySumMs += latencyMs;
      this.responseTimes.record(latencyMs);
    } else pod.latencyUnknown++;
  }

  #failed(pod: Pod): void {
    pod.failed++;
    this.#ejector.failed(pod);
  }

  #tell(pod: Pod, { ok, load = Number.NaN }: Outcome, latencyMs: number): void {
    const sample = this.#sample;
    sample.ok = ok;
    sample.load = load;
    sample.latencyMs = latencyMs;
    for (let index = 0; index < this.#observers.length; index++) this.#observers[index]!.observed!(pod, sample);
  }

  /** What the end of a lease changes for a pod that is ejected, full or gone. */
  #follow(pod: Pod, lease: PodLease, ok: boolean | undefined): void {
    if (pod.ejection !== undefined) this.#ejector.judge(pod, lease, ok);
    if (pod.full) this.vacate(pod);
    if (!pod.member) this.settleDeparted(pod);
  }

  /** Takes a pod that has reached its limit from the strategies. */
  occupy(pod: Pod): void {
    pod.full = true;
    this.#fleet.refresh(pod);
  }

  /** Gives it back to them as soon as it is below. */
  vacate(pod: Pod): void {
    if (pod.connections >= pod.maxConnections) return;
    pod.full = false;
    this.#fleet.refresh(pod);
    if (this.#queue.size > 0) this.#queue.serve();
  }

  /** Forgets a pod that has left as soon as nothing of it is open. */
  settleDeparted(pod: Pod): void {
    if (pod.member || pod.connections > 0) return;
    this.#fleet.forget(pod);
    accumulate(this.departed, pod);
  }

  /** Closes the leases that were opened two periods ago. */
  sweep(): void {
    while (this.#time.nowMs >= this.#periodEndsAtMs) {
      this.#period++;
      const overdueMs = this.#time.nowMs - this.#periodEndsAtMs;
      // After a long silence two turns close all there was; the periods in between are skipped.
      this.#periodEndsAtMs += this.#leaseTimeoutMs * Math.max(1, Math.floor(overdueMs / this.#leaseTimeoutMs) - 1);
      for (const pod of [...this.#fleet.pods()]) this.#sweepPod(pod);
    }
  }

  #sweepPod(pod: Pod): void {
    const old = pod.inFlight - pod.young;
    pod.inFlight = pod.young;
    pod.young = 0;
    if (old === 0) return;
    pod.abandoned += old;
    if (pod.ejection?.phase === "tried") this.#ejector.retry(pod);
    if (pod.full) this.vacate(pod);
    if (pod.joined) for (const strategy of this.#finishers) strategy.finished!(pod);
    this.settleDeparted(pod);
    if (this.#queue.size > 0) this.#queue.serve();
  }

  /** What the caller measured, else what the clock says, else `NaN`. */
  #latency(startTick: number, givenMs: number | undefined): number {
    if (givenMs !== undefined) return givenMs;
    if (startTick === UNTIMED) return Number.NaN;
    const nowTick = (this.#time.read() * TICKS_PER_MS) | 0;
    return ((nowTick - startTick) >>> 0) / TICKS_PER_MS;
  }
}
