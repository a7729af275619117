import type { Clock } from "../ports.ts";

/** A moment on both local clocks, in milliseconds. */
export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * What a pod may believe of its own lease. Valid until the *sending* time of the last good renewal + lease - margin, by
 * both clocks: the monotonic one stands still while a machine is suspended, the wall clock may be set back.
 */
export class Lease {
  readonly #monotonic: Clock;
  readonly #wall: Clock;
  readonly #usableMs: number;
  #endMonotonicMs = Number.NEGATIVE_INFINITY;
  #endWallMs = Number.NEGATIVE_INFINITY;

  constructor(monotonic: Clock, wall: Clock, leaseMs: number, marginMs: number) {
    this.#monotonic = monotonic;
    this.#wall = wall;
    this.#usableMs = leaseMs - marginMs;
  }

  /** The moment to remember before a renewal is sent. */
  instant(): Instant {
    return { monotonicMs: this.#monotonic.now(), wallMs: this.#wall.now() };
  }

  /** The store has granted the renewal that was sent at `sent`. */
  granted(sent: Instant): void {
    this.#endMonotonicMs = sent.monotonicMs + this.#usableMs;
    this.#endWallMs = sent.wallMs + this.#usableMs;
  }

  /** The lease is over, whatever the clocks say. */
  end(): void {
    this.#endMonotonicMs = Number.NEGATIVE_INFINITY;
  }

  /** `monotonicMs`: the monotonic clock, where it has just been read. Two clock reads, no object. */
  isValid(monotonicMs: number = this.#monotonic.now()): boolean {
    return monotonicMs < this.#endMonotonicMs && this.#wall.now() < this.#endWallMs;
  }

  /** Milliseconds until it ends by the clock that ends it first; <= 0 when it has ended. */
  leftMs(): number {
    return Math.min(this.#endMonotonicMs - this.#monotonic.now(), this.#endWallMs - this.#wall.now());
  }
}
