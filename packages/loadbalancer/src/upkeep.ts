import type { Ejector } from "./health/ejector.ts";
import type { WarmUp } from "./health/warm-up.ts";
import type { Ledger } from "./leases/ledger.ts";
import type { Timeline } from "./time.ts";

const PACE_MS = 1;

/** How many picks may pass between two looks at a clock that is as dear as a pick. */
export const MAX_GAP = 64;

/**
 * What time brings about: returns from ejection, steps of a warm-up, sweeps. There is no timer; picks do it. Reading
 * `performance.now` costs as much as a pick, so it is read at every pick only below a thousand picks per second or while
 * something is pending, and otherwise at one pick in up to `maxGap`.
 */
export class Upkeep {
  readonly #time: Timeline;
  readonly #ledger: Ledger;
  readonly #ejector: Ejector;
  readonly #warmUp: WarmUp;
  readonly #maxGap: number;
  #gap = 1;
  #picksLeft = 1;
  #lastMs = 0;
  #unseen = false;

  constructor(time: Timeline, ledger: Ledger, ejector: Ejector, warmUp: WarmUp, maxGap: number) {
    this.#time = time;
    this.#ledger = ledger;
    this.#ejector = ejector;
    this.#warmUp = warmUp;
    this.#maxGap = maxGap;
  }

  /** Counts a pick down. True where this one has to `run`. */
  isDue(): boolean {
    if (--this.#picksLeft <= 0) return true;
    this.#unseen = true;
    return false;
  }

  /** Reads the clock and does what is due. */
  run(): void {
    const nowMs = this.#time.read();
    this.#ledger.sweep(this.#unseen);
    this.#unseen = false;
    if (nowMs >= this.#ejector.dueMs) this.#ejector.settle();
    if (nowMs >= this.#warmUp.dueMs) this.#warmUp.settle();
    const busy = this.#ejector.count > 0 || this.#warmUp.count > 0;
    const elapsedMs = nowMs - this.#lastMs;
    this.#gap = busy || elapsedMs > PACE_MS ? 1 : Math.min(this.#maxGap, this.#gap * 2);
    this.#picksLeft = this.#gap;
    this.#lastMs = nowMs;
  }

  /** Something has become pending: look at the clock at the next pick. */
  hurry(): void {
    this.#picksLeft = 0;
  }
}
