/** Time in milliseconds from any fixed point; must not go backwards (a step back only makes entries live longer). */
export interface Clock {
  now(): number;
}

/** Where warnings go; `console` fits. */
export interface Log {
  warn(message: string, ...details: unknown[]): void;
}

/**
 * Where a cache reports to, after some dozens of requests at a time: by `addCacheHits` and `addCacheMisses` where they
 * exist, else by a call for each.
 */
export interface CacheMetrics {
  recordCacheHit(): void;
  recordCacheMiss(): void;
  setCacheSize(size: number): void;
  addCacheHits?(count: number): void;
  addCacheMisses?(count: number): void;
}

/** Runs an operation inside a span. Only loads are traced: a span costs more than a hit. */
export interface CacheTracer {
  traceCacheOperation<T>(operation: string, options: { readonly key?: string }, run: () => T): T;
}
