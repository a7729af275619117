import { checkDuration, checkInterval, checkWeight } from "../options.ts";
import type { SetOptions } from "../types.ts";

/** What a loader gives: a value, or `undefined` for none; or a promise of it. */
export type LoadResult<V> = V | undefined | PromiseLike<V | undefined>;

/**
 * Options of one load. Of callers that share a load, the first one's lifetimes, grace and hard timeout hold; soft timeout
 * and signal are each caller's own.
 */
export interface LoadOptions extends SetOptions {
  /** For so long after it expired, the old value is returned at once, and loaded anew meanwhile. Default 0. */
  readonly staleWhileRevalidateMs?: number;
  /** For so long after it expired, the old value is returned if the loader fails or is late. Default 0. */
  readonly staleIfErrorMs?: number;
  /** For so long it is remembered that the loader found nothing. Default 0. */
  readonly negativeTtlMs?: number;
  /** After this, the old value is returned, if there is one within `staleIfErrorMs`; the load goes on. Default 0: off. */
  readonly softTimeoutMs?: number;
  /** After this, the load fails with `load-timeout` and its signal aborts. Default 0: off. */
  readonly hardTimeoutMs?: number;
  /** Ends this caller's wait. When nobody waits any more, the load is aborted. */
  readonly signal?: AbortSignal;
}

/** The same, checked and complete. */
export interface LoadSettings {
  readonly set: SetOptions | undefined;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly negativeTtlMs: number;
  readonly softTimeoutMs: number;
  readonly hardTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws RangeError for a bad one, with its name, its rule and the value */
export const checkLoadOptions = (options: LoadOptions | undefined): LoadSettings => {
  const time = (name: Exclude<keyof LoadSettings, "set" | "signal">): number =>
    checkInterval(name, options?.[name] ?? 0);
  // Before anything is loaded that could then not be stored.
  if (options?.ttlMs !== undefined) checkDuration("ttlMs", options.ttlMs);
  if (options?.idleMs !== undefined) checkDuration("idleMs", options.idleMs);
  if (options?.weight !== undefined) checkWeight("weight", options.weight);
  return {
    set: options,
    staleWhileRevalidateMs: time("staleWhileRevalidateMs"),
    staleIfErrorMs: time("staleIfErrorMs"),
    negativeTtlMs: time("negativeTtlMs"),
    softTimeoutMs: time("softTimeoutMs"),
    hardTimeoutMs: time("hardTimeoutMs"),
    signal: options?.signal,
  };
};
