import type { Clock } from "./ports.ts";

/**
 * The balancer's time: read from the clock when asked, never backwards. A clock that is set back (or to NaN) loses the jump
 * and nothing else: decays, back-offs and sweeps go on at the pace of the clock.
 */
export class Timeline {
  readonly #clock: Clock;
  #lastReadMs: number;
  nowMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastReadMs = clock.now();
    this.nowMs = this.#lastReadMs;
  }

  read(): number {
    const readMs = this.#clock.now();
    if (readMs > this.#lastReadMs) this.nowMs += readMs - this.#lastReadMs;
    this.#lastReadMs = readMs;
    return this.nowMs;
  }
}
