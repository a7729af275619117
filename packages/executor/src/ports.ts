import type { PodId, PodRecord, PodState } from "./types.ts";

/** A source of time in milliseconds. */
export interface Clock {
  now(): number;
}

/** Shaped like `console`. */
export interface Log {
  debug(message: string, ...details: unknown[]): void;
  info(message: string, ...details: unknown[]): void;
  warn(message: string, ...details: unknown[]): void;
  error(message: string, ...details: unknown[]): void;
}

/** Chooses a pod for a new link among the live, ready ones (never empty). `undefined` refuses the link. */
export interface PlacementPort {
  place(uid: string, candidates: readonly PodRecord[]): PodId | undefined;
}

/** Chooses a pod for a new link by what the pods reported (possibly nothing). `undefined` refuses the link. */
export type PlacementPolicy = (states: readonly PodState[]) => PodId | undefined;

/** A bounded map; what it forgets is read from the store again. `Map`, quick-lru and `@route/cache` fit. */
export interface NearCachePort<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): unknown;
  delete(key: string): unknown;
}
