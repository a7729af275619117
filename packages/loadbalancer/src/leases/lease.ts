import type { Pod } from "../membership/pod.ts";
import type { Lease, Link, Outcome, PodId } from "../types.ts";

const CLOSED = -1;

/** Where leases are closed. */
export interface LeaseDesk {
  /** `outcome` is `undefined` where the request was given up. */
  close(lease: PodLease, slot: number, period: number, outcome: Outcome | undefined): void;
}

/** The start tick of a lease whose pick did not read the clock. */
export const UNTIMED = 0;

/**
 * One open request. A fresh object per pick and not a pooled one, so that a late second `done` can never close another's
 * lease; four small fields, 56 bytes.
 */
export class PodLease implements Lease {
  readonly #desk: LeaseDesk;
  readonly #pod: Pod;
  readonly #slot: number;
  #period: number;

  constructor(desk: LeaseDesk, pod: Pod, slot: number, period: number) {
    this.#desk = desk;
    this.#pod = pod;
    this.#slot = slot;
    this.#period = period;
  }

  get podId(): PodId {
    return this.#pod.podId;
  }

  done(outcome?: Outcome): void {
    const period = this.#period;
    if (period === CLOSED) return;
    this.#period = CLOSED;
    // `null` is what "nothing" often is.
    this.#desk.close(this, this.#slot, period, outcome ?? undefined);
  }

  /** When it was opened, in ticks of the desk, or UNTIMED. */
  startTick(): number {
    return UNTIMED;
  }
}

/** A lease that knows when it was opened. */
export class TimedLease extends PodLease {
  readonly #startTick: number;

  constructor(desk: LeaseDesk, pod: Pod, slot: number, period: number, startTick: number) {
    super(desk, pod, slot, period);
    this.#startTick = startTick;
  }

  override startTick(): number {
    return this.#startTick;
  }
}

/** A lease that ends by itself when the request's signal aborts, without a word about the pod. */
export class AbortableLease extends TimedLease {
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => super.done();

  constructor(desk: LeaseDesk, pod: Pod, slot: number, period: number, startTick: number, signal: AbortSignal) {
    super(desk, pod, slot, period, startTick);
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  override done(outcome?: Outcome): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    super.done(outcome);
  }
}

/** Where links are released. */
export interface LinkDesk {
  release(pod: Pod): void;
}

/** One open session. */
export class PodLink implements Link {
  readonly #desk: LinkDesk;
  readonly #pod: Pod;
  #open = true;

  constructor(desk: LinkDesk, pod: Pod) {
    this.#desk = desk;
    this.#pod = pod;
  }

  get podId(): PodId {
    return this.#pod.podId;
  }

  release(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#desk.release(this.#pod);
  }
}
