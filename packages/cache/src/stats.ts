import type { RecentRates } from "./types.ts";

const WINDOW_REQUESTS = 8192;

/** Counters of a cache, and the rates over its last requests. */
export class Counters {
  hits = 0;
  misses = 0;
  evictions = 0;
  expirations = 0;
  #start = { hits: 0, misses: 0, evictions: 0 };
  #rotateAt = WINDOW_REQUESTS;
  #middle = { hits: 0, misses: 0, evictions: 0 };

  /** Drops the older half of the recent requests when the younger half is complete. */
  rotateWhenDue(): void {
    if (this.hits + this.misses >= this.#rotateAt) this.#rotate();
  }

  #rotate(): void {
    this.#start = this.#middle;
    this.#middle = { hits: this.hits, misses: this.misses, evictions: this.evictions };
    this.#rotateAt = this.hits + this.misses + WINDOW_REQUESTS;
  }

  get hitRate(): number {
    return ratio(this.hits, this.hits + this.misses);
  }

  recent(): RecentRates {
    this.rotateWhenDue();
    const hits = this.hits - this.#start.hits;
    const requests = hits + this.misses - this.#start.misses;
    return {
      requests,
      hitRate: ratio(hits, requests),
      evictionRate: ratio(this.evictions - this.#start.evictions, requests),
    };
  }
}

/** A part of a whole, and 0 of nothing. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
