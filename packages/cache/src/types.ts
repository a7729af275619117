import type { CacheMetrics, CacheTracer, Clock, Log } from "./ports.ts";

/** How the cache chooses what leaves when it is full. See the README for which one when. */
export type CacheStrategy = "adaptive" | "lru" | "lfu" | "ttl";

/**
 * Why an entry left: `evict` no room, `expire` its time was over, `replace` overwritten, `delete` and `clear` on request,
 * `invalidate` its source changed, `reject` it was too heavy to be taken in.
 */
export type RemovalReason = "evict" | "expire" | "replace" | "delete" | "clear" | "invalidate" | "reject";

/** Told of every entry that leaves, after the operation that removed it is complete. An error it throws goes to `log`. */
export type RemovalListener<K, V> = (key: K, value: V, reason: RemovalReason) => void;

/** Options of a cache. All but `maxSize` have defaults. */
export interface CacheOptions<K, V> {
  /** The most entries held at any time, 1 to 16,777,208. */
  readonly maxSize: number;
  /** Default `"adaptive"`. */
  readonly strategy?: CacheStrategy;
  /** Lifetime of an entry from its last `set`, in milliseconds. Default `Infinity`. */
  readonly ttlMs?: number;
  /** How much shorter a lifetime may be by chance, as a share of it, so that entries set together do not expire together. Default 0. */
  readonly ttlJitterRatio?: number;
  /** Lifetime of an entry from its last use, in milliseconds. Default `Infinity`. */
  readonly idleMs?: number;
  /** The most that the entries may weigh together. Default: no limit. */
  readonly maxWeight?: number;
  /** Weight of an entry, above 0, in any unit, where `set` gives none. Default: 1. */
  readonly weigh?: (value: V, key: K) => number;
  /** How often expired entries that nobody asks for are removed, in milliseconds. Default 0: only as others come. */
  readonly cleanupIntervalMs?: number;
  /** Default: `performance.now()`, of which up to 64 operations of one synchronous turn share a reading when there are many. */
  readonly clock?: Clock;
  /** Source of numbers from 0 to 1 (1 excluded), for the seed of the key hash and for admission. Default `Math.random`. */
  readonly random?: () => number;
  /** Default: silent. */
  readonly log?: Log;
  /** Told of hits, misses and size in batches. Default: none. */
  readonly metrics?: CacheMetrics;
  /** Told of each load. Default: none. */
  readonly tracer?: CacheTracer;
  /** The first removal listener; more come with `onRemoval`. */
  readonly onRemoval?: RemovalListener<K, V>;
}

/** What one entry may have of its own; each overrides the option of the cache. */
export interface SetOptions {
  /** Lifetime in milliseconds from now; `Infinity` for none. */
  readonly ttlMs?: number;
  /** Lifetime in milliseconds from the last use; `Infinity` for none. */
  readonly idleMs?: number;
  /** Needs `maxWeight`. */
  readonly weight?: number;
}

/** A snapshot of the cache's counters. Counters count from creation; `recent` covers the last few thousand requests. */
export interface CacheStats {
  readonly strategy: CacheStrategy;
  readonly hits: number;
  readonly misses: number;
  /** Hits per request since creation, 0 to 1; 0 before the first request. */
  readonly hitRate: number;
  /** Entries held now, expired ones that nobody touched yet included. */
  readonly size: number;
  readonly maxSize: number;
  /** Weight of all entries, where there is a maximum. */
  readonly weight: number | undefined;
  /** Entries that left because there was no room. */
  readonly evictions: number;
  /** Entries that left because their time was over. */
  readonly expirations: number;
  /** Entries that were too heavy to be taken in. */
  readonly rejections: number;
  /** Errors thrown by removal listeners. */
  readonly listenerErrors: number;
  readonly recent: RecentRates;
  /** Only with strategy `adaptive`. */
  readonly adaptive: AdaptiveReport | undefined;
}

/** Rates over the last requests, between one and two windows of 8,192, so that a change shows. */
export interface RecentRates {
  readonly requests: number;
  /** Hits per request, 0 to 1. */
  readonly hitRate: number;
  /** Evictions per request, 0 or more. */
  readonly evictionRate: number;
}

/** An entry as `dump` gives and `restore` takes it; plain data if key and value are. */
export interface DumpedEntry<K, V> {
  readonly key: K;
  readonly value: V;
  /** What is left of its lifetime, in milliseconds; absent if it has none. */
  readonly ttlMs?: number;
  readonly idleMs?: number;
  readonly weight?: number;
}

/** What the strategy `adaptive` knows, and what it did about it. */
export interface AdaptiveReport {
  /** Share of the entries that newcomers have for themselves, 0 to 1. Near 1 is LRU, near 0 is LFU. */
  readonly windowShare: number;
  /** Requests that the estimates rest on; older ones count less. */
  readonly sampledRequests: number;
  /** Estimated hits per request with other windows. */
  readonly candidates: readonly { readonly windowShare: number; readonly hitRate: number }[];
  /** The last changes of the window. Entries move between the lists a few per operation. */
  readonly decisions: readonly WindowDecision[];
}

/** Why the window moves: another share had more hits in the sample. */
export interface WindowDecision {
  /** Requests since the strategy began. */
  readonly atRequest: number;
  readonly fromShare: number;
  readonly toShare: number;
  /** Hits per request that the other share had more. */
  readonly expectedGain: number;
  readonly sampledRequests: number;
}

/** Misses by what would have avoided them. */
export interface MissCauses {
  /** Never seen before, as far as remembered. */
  readonly cold: number;
  /** Was evicted: more room would have kept it. */
  readonly capacity: number;
  /** Had expired: a longer lifetime would have kept it. */
  readonly expired: number;
  /** Was deleted or invalidated. */
  readonly invalidated: number;
}

/** What the cache would do with another maximum. */
export interface CapacityEstimate {
  readonly maxSize: number;
  /** Estimated hits per request, 0 to 1. */
  readonly hitRate: number;
}

/** Why there are misses, and what other capacities would bring. */
export interface Diagnosis {
  readonly causes: MissCauses;
  /** Estimates at half, the same, twice and four times the capacity; "not enough data" until they mean something. */
  readonly capacities: readonly CapacityEstimate[] | "not enough data";
  /** Requests that the estimates rest on. */
  readonly sampledRequests: number;
}
