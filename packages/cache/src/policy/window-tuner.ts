import type { FrequencySketch } from "./frequency-sketch.ts";
import { ShadowCaches } from "./shadow-caches.ts";

/** Candidate window shares: the first is TinyLFU, the last all but LRU. */
const SHARES = [0.01, 0.1, 0.3, 0.6, 0.95] as const;

/** A shadow cache simulates at least this many entries; the sampling rate follows from it. */
const MIN_SHADOW_ENTRIES = 128;

/** Length of a period, in requests per entry of the cache, and its least. */
const PERIOD_PER_ENTRY = 1.5;
const MIN_PERIOD_REQUESTS = 1024;

/** What is left of a score after a period. */
const SCORE_DECAY = 0.5;

/** How much better a share must be, in sampled requests, for the window to move to it. */
const MIN_GAIN_RATIO = 0.003;

/** And in hits: fewer are within the noise of small samples (the deviation of a count of 12 is 3.5). */
const MIN_GAIN_HITS = 12;

/** Never sampled more thinly than this: it costs little, and larger shadows are less a matter of luck. */
const MAX_SAMPLE_SHIFT = 6;

/** The most that the window moves in a period, as a share of the capacity. */
const MAX_MOVE_SHARE = 0.25;

/**
 * Chooses the window's share by trying: small shadow caches, one for each candidate, see a sample of the keys and hold
 * only their hashes. The window follows the one with the most hits (mini-simulation: N. Beckmann, D. Sanchez and
 * C. Waldspurger et al., "Cache Modeling and Optimization using Miniature Simulations", ATC 2017).
 */
export class WindowTuner {
  windowShare: number = SHARES[0];
  readonly #shadows: ShadowCaches;
  readonly #sampleMask: number;
  readonly #periodRequests: number;
  #requests = 0;
  #sampled = 0;
  #best = 0;

  constructor(maxSize: number, random: () => number) {
    const shift = Math.min(MAX_SAMPLE_SHIFT, Math.max(0, Math.floor(Math.log2(maxSize / MIN_SHADOW_ENTRIES))));
    this.#sampleMask = (1 << shift) - 1;
    const entries = Math.max(1, Math.round(maxSize / (1 << shift)));
    this.#shadows = new ShadowCaches(
      SHARES.map((windowShare) => ({ maxSize: entries, windowShare })),
      random,
    );
    this.#periodRequests = Math.max(MIN_PERIOD_REQUESTS, PERIOD_PER_ENTRY * maxSize);
  }

  /** Counts a request; returns a new window share when a period ended and another one is better. */
  record(hash: number, sketch: FrequencySketch): number | undefined {
    // The sketch chooses its block by the low bits, so the sample goes by high ones.
    if (((hash >>> 12) & this.#sampleMask) === 0) {
      this.#sampled++;
      this.#shadows.access(hash, sketch);
    }
    return ++this.#requests < this.#periodRequests ? undefined : this.#decide();
  }

  #decide(): number | undefined {
    const { hits } = this.#shadows;
    let best = this.#best;
    for (let i = 0; i < hits.length; i++) if (hits[i]! > hits[best]!) best = i;
    if (hits[best]! - hits[this.#best]! > Math.max(MIN_GAIN_HITS, MIN_GAIN_RATIO * this.#sampled)) this.#best = best;
    const target = SHARES[this.#best]!;
    const move = Math.min(MAX_MOVE_SHARE, Math.max(-MAX_MOVE_SHARE, target - this.windowShare));
    this.#requests = 0;
    this.#sampled *= SCORE_DECAY;
    for (let i = 0; i < hits.length; i++) hits[i]! *= SCORE_DECAY;
    if (move === 0) return undefined;
    this.windowShare += move;
    return this.windowShare;
  }
}
