import type { Clock } from "./ports.ts";

/** Reading the system's clock costs as much as a cache hit, so in a rush up to this many uses share a reading. */
const USES_PER_READING = 64;

/** A rush begins with so many readings in a row, each of them less than so many milliseconds after the one before. */
const RUSH_READINGS = 64;
const RUSH_MS = 1;

const DONE: Promise<void> = Promise.resolve();

/**
 * The default clock: monotonic and exact, but in a rush one reading is shared by up to 64 uses of one synchronous turn.
 * A microtask ends the turn, since timers come late in a hidden page, and not at all between the requests of some edge
 * runtimes.
 */
export class CoarseClock implements Clock {
  readonly #onOutdated: () => void;
  #nowMs = Number.NEGATIVE_INFINITY;
  #usesLeft = 0;
  #readings = 0;
  /** Until the end of the turn. */
  #isRush = false;

  /** `onOutdated` is called when the last reading holds no longer. */
  constructor(onOutdated: () => void) {
    this.#onOutdated = onOutdated;
  }

  /** Whether the last reading holds for more uses, until `onOutdated`. */
  get isShared(): boolean {
    return this.#usesLeft > 0;
  }

  now(): number {
    if (--this.#usesLeft <= 0) this.#read();
    return this.#nowMs;
  }

  /** Counts uses of a shared reading that did not come through `now`. */
  spend(uses: number): void {
    this.#usesLeft -= uses;
    if (this.#usesLeft <= 0) this.#outdate();
  }

  #read(): void {
    this.#outdate();
    const beforeMs = this.#nowMs;
    this.#nowMs = performance.now();
    if (!this.#isRush) this.#watch(this.#nowMs - beforeMs);
    if (this.#isRush) this.#usesLeft = USES_PER_READING;
  }

  #watch(sinceLastMs: number): void {
    this.#readings = sinceLastMs < RUSH_MS ? this.#readings + 1 : 0;
    this.#isRush = this.#readings >= RUSH_READINGS;
    if (this.#isRush) void DONE.then(this.#endTurn);
  }

  #outdate(): void {
    this.#usesLeft = 0;
    this.#onOutdated();
  }

  readonly #endTurn = (): void => {
    this.#isRush = false;
    this.#outdate();
  };
}
