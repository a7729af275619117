import { ErrorTally } from "./error-tally.ts";
import type { CacheMetrics, Log } from "./ports.ts";
import type { CacheStats, RecentRates } from "./types.ts";

const WINDOW_REQUESTS = 8192;

/** Misses between two reports to metrics, a power of two; hits are settled in batches of this size too. */
const MISSES_PER_REPORT = 64;

/** Counters of a cache, the rates over its last requests, and the report of both to metrics. */
export class Counters {
  hits = 0;
  misses = 0;
  evictions = 0;
  expirations = 0;
  rejections = 0;
  #start = { hits: 0, misses: 0, evictions: 0 };
  #middle = { hits: 0, misses: 0, evictions: 0 };
  #rotateAt = WINDOW_REQUESTS;
  #reported = { hits: 0, misses: 0 };
  readonly #metrics: CacheMetrics | undefined;
  readonly #errors: ErrorTally;

  constructor(metrics: CacheMetrics | undefined, log: Log | undefined) {
    this.#metrics = metrics;
    this.#errors = new ErrorTally(log, "the metrics of a cache threw");
  }

  /** The counters' part of the statistics. */
  snapshot(): Pick<CacheStats, "hits" | "misses" | "hitRate" | "evictions" | "expirations" | "rejections" | "recent"> {
    const { hits, misses, evictions, expirations, rejections } = this;
    const hitRate = ratio(hits, hits + misses);
    return { hits, misses, hitRate, evictions, expirations, rejections, recent: this.#recent() };
  }

  /** Counts a miss; what is done for many at once is done now and then. */
  miss(size: number): void {
    this.misses++;
    if ((this.misses & (MISSES_PER_REPORT - 1)) === 0) this.settle(size);
  }

  /** Moves the window of recent requests on, and reports. */
  settle(size: number): void {
    if (this.hits + this.misses >= this.#rotateAt) this.#rotate();
    if (this.#metrics !== undefined) this.#tryReport(this.#metrics, size);
  }

  #recent(): RecentRates {
    const hits = this.hits - this.#start.hits;
    const requests = hits + this.misses - this.#start.misses;
    return {
      requests,
      hitRate: ratio(hits, requests),
      evictionRate: ratio(this.evictions - this.#start.evictions, requests),
    };
  }

  /** Drops the older half of the recent requests when the younger half is complete. */
  #rotate(): void {
    this.#start = this.#middle;
    this.#middle = { hits: this.hits, misses: this.misses, evictions: this.evictions };
    this.#rotateAt = this.hits + this.misses + WINDOW_REQUESTS;
  }

  /** Metrics that fail cost their own counts, but no operation of the cache. */
  #tryReport(metrics: CacheMetrics, size: number): void {
    try {
      this.#report(metrics, size);
    } catch (error) {
      this.#errors.note(error);
    }
  }

  #report(metrics: CacheMetrics, size: number): void {
    const hits = this.hits - this.#reported.hits;
    const misses = this.misses - this.#reported.misses;
    this.#reported.hits = this.hits;
    this.#reported.misses = this.misses;
    if (metrics.addCacheHits !== undefined) metrics.addCacheHits(hits);
    else for (let i = 0; i < hits; i++) metrics.recordCacheHit();
    if (metrics.addCacheMisses !== undefined) metrics.addCacheMisses(misses);
    else for (let i = 0; i < misses; i++) metrics.recordCacheMiss();
    metrics.setCacheSize(size);
  }
}

/** A part of a whole, and 0 of nothing. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
