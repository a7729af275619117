import type { CacheStats, CacheStrategy, Diagnosis, MissCauses } from "../types.ts";

/** What an optimizer needs of a cache; `Cache` has it. */
export interface OptimizableCache {
  readonly size: number;
  readonly maxSize: number;
  readonly strategy: CacheStrategy;
  ttlMs: number;
  stats(): CacheStats;
  diagnose(): Diagnosis;
  resize(maxSize: number): void;
  setStrategy(strategy: CacheStrategy): void;
  evict(count: number): number;
}

/** What happened between two optimizations. */
export interface TrafficWindow {
  readonly requests: number;
  /** Hits per request, 0 to 1. */
  readonly hitRate: number;
  /** Evictions per request. */
  readonly evictionRate: number;
  readonly causes: MissCauses;
}

/** What an optimizer can change; `what` is a property of the cache. */
export type Change =
  | { readonly what: "strategy"; readonly from: CacheStrategy; readonly to: CacheStrategy }
  | { readonly what: "maxSize" | "ttlMs"; readonly from: number; readonly to: number };

/** A decision and why: `change` did something, `roll-back` undid it, `keep` found it good, `wait` did nothing. */
export interface Decision {
  /** When, by the clock of the optimizer, in milliseconds. */
  readonly atMs: number;
  readonly action: "change" | "roll-back" | "keep" | "wait";
  readonly change: Change | undefined;
  readonly reason: string;
  readonly window: TrafficWindow;
}

/** Makes a change, or with `undo` the reverse. */
export const applyChange = (cache: OptimizableCache, change: Change, undo = false): void => {
  if (change.what === "strategy") cache.setStrategy(undo ? change.from : change.to);
  else if (change.what === "maxSize") cache.resize(undo ? change.from : change.to);
  else cache.ttlMs = undo ? change.from : change.to;
};

/** A share as people read it. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
