import { type LeaveListener, ShadowCaches } from "./shadow-caches.ts";

/** Candidate window shares: the first is TinyLFU, the last all but LRU. */
export const WINDOW_SHARES: readonly number[] = [0.01, 0.2, 0.6, 0.95];

/** What is left of a score after a period. */
const SCORE_DECAY = 0.5;

/** How much better a share must be, in sampled requests, for the window to move to it. */
const MIN_GAIN_RATIO = 0.003;

/** And in hits: fewer are within the noise of small samples (the deviation of a count of 16 is 4). */
const MIN_GAIN_HITS = 16;

/**
 * A gain below this must be seen in two periods running; above it, waiting would cost more than a mistake. Away from LRU
 * the step is the more dangerous one: a window too small loses all that comes back soon.
 */
const CLEAR_GAIN_RATIO_TO_LARGER = 0.03;
const CLEAR_GAIN_RATIO_TO_SMALLER = 0.06;

/** Shadow caches of one size and different windows, and which of them would have had the most hits lately. */
export class ShadowContest {
  readonly shares: readonly number[];
  /** Hits that following the leader would have had. */
  followedHits = 0;
  readonly #maxSize: number;
  readonly #random: () => number;
  readonly #onLeave: LeaveListener | undefined;
  /** Made with the first request, so that an empty cache is small. */
  #shadows: ShadowCaches | undefined;
  #requests = 0;
  #leader = 0;
  /** Who was ahead at the end of the last period. */
  #challenger = 0;

  constructor(maxSize: number, shares: readonly number[], random: () => number, onLeave?: LeaveListener) {
    this.shares = shares;
    this.#onLeave = onLeave;
    this.#maxSize = maxSize;
    this.#random = random;
  }

  get leadingShare(): number {
    return this.shares[this.#leader]!;
  }

  /** Requests behind the present scores; older ones count less. */
  get requests(): number {
    return this.#requests;
  }

  /** Estimated hits per request of each share, over the last periods. */
  hitRates(): number[] {
    const hits = this.#shadows?.hits;
    return this.shares.map((_, i) => (hits === undefined ? 0 : hits[i]! / this.#requests));
  }

  /** A request for a key that was used so often lately. */
  access(hash: number, frequency: number): void {
    this.#shadows ??= this.#createShadows();
    const { hits } = this.#shadows;
    const before = hits[this.#leader]!;
    this.#requests++;
    this.#shadows.access(hash, frequency);
    this.followedHits += hits[this.#leader]! - before;
  }

  /** How often a key was used as of its last request; `undefined` if no shadow holds it. */
  frequencyOf(hash: number): number | undefined {
    return this.#shadows?.frequencyOf(hash);
  }

  /** Ends a period: the share with clearly more hits leads from now on. Returns whether that is another one. */
  decide(): boolean {
    if (this.#shadows === undefined) return false;
    const { hits } = this.#shadows;
    let best = this.#leader;
    for (let i = 0; i < hits.length; i++) if (hits[i]! > hits[best]!) best = i;
    const gain = hits[best]! - hits[this.#leader]!;
    if (gain <= Math.max(MIN_GAIN_HITS, MIN_GAIN_RATIO * this.#requests)) best = this.#leader;
    const clearRatio =
      this.shares[best]! > this.leadingShare ? CLEAR_GAIN_RATIO_TO_LARGER : CLEAR_GAIN_RATIO_TO_SMALLER;
    const changed = best !== this.#leader && (best === this.#challenger || gain > clearRatio * this.#requests);
    this.#challenger = best;
    if (changed) this.#leader = best;
    return changed;
  }

  /** Makes what was counted so far weigh less. */
  age(): void {
    if (this.#shadows === undefined) return;
    const { hits } = this.#shadows;
    this.#requests *= SCORE_DECAY;
    for (let i = 0; i < hits.length; i++) hits[i]! *= SCORE_DECAY;
  }

  /** Follows a halving of the frequencies. */
  halve(): void {
    this.#shadows?.halve();
  }

  #createShadows(): ShadowCaches {
    const maxSize = this.#maxSize;
    return new ShadowCaches(
      this.shares.map((windowShare) => ({ maxSize, windowShare })),
      this.#random,
      this.#onLeave,
    );
  }
}
