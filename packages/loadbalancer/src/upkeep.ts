import type { Ejector } from "./health/ejector.ts";
import type { WarmUp } from "./health/warm-up.ts";
import type { Ledger } from "./leases/ledger.ts";
import type { Timeline } from "./time.ts";

const MAX_GAP = 64;
const PACE_MS = 1;

/**
 * What time brings about: returns from ejection, steps of a warm-up, sweeps. There is no timer; picks do it. Reading the
 * clock costs as much as a pick, so it is read at every pick only below a thousand picks per second or while something is
 * pending, and otherwise at one pick in up to 64.
 */
export class Upkeep {
  readonly #time: Timeline;
  readonly #ledger: Ledger;
  readonly #ejector: Ejector;
  readonly #warmUp: WarmUp;
  #gap = 1;
  #picksLeft = 1;
  #lastMs = 0;

  constructor(time: Timeline, ledger: Ledger, ejector: Ejector, warmUp: WarmUp) {
    this.#time = time;
    this.#ledger = ledger;
    this.#ejector = ejector;
    this.#warmUp = warmUp;
  }

  /** Counts a pick down. True where this one has to `run`. */
  isDue(): boolean {
    return --this.#picksLeft <= 0;
  }

  /** Reads the clock and does what is due. */
  run(): void {
    const nowMs = this.#time.read();
    this.#ledger.sweep();
    if (nowMs >= this.#ejector.dueMs) this.#ejector.settle();
    if (nowMs >= this.#warmUp.dueMs) this.#warmUp.settle();
    const busy = this.#ejector.count > 0 || this.#warmUp.count > 0;
    const elapsedMs = nowMs - this.#lastMs;
    this.#gap = busy || elapsedMs > PACE_MS ? 1 : Math.min(MAX_GAP, this.#gap * 2);
    this.#picksLeft = this.#gap;
    this.#lastMs = nowMs;
  }

  /** Something has become pending: look at the clock at the next pick. */
  hurry(): void {
    this.#picksLeft = 0;
  }
}
