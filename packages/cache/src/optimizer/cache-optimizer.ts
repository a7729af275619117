import { Cache } from "../cache.ts";
import { checkCount, checkInterval, checkStrategy } from "../options.ts";
import type { Clock } from "../ports.ts";
import type { AdaptiveReport, CacheOptions, CacheStats, CacheStrategy, Diagnosis, SetOptions } from "../types.ts";
import { unref } from "../unref.ts";
import { CaseHistory } from "./case-history.ts";
import type { Decision, OptimizableCache, TrafficWindow } from "./decision.ts";
import { type CompleteParameters, completeParameters, type OptimizerParameters } from "./parameters.ts";

/** Options of an optimizer. */
export interface OptimizerOptions<K, V> extends OptimizerParameters {
  /** A cache to advise; or the options of one that the optimizer makes, and closes. */
  readonly cache?: Cache<K, V> | CacheOptions<K, V>;
  /** How often `optimize` runs by itself, in milliseconds. Default 0: only when called. */
  readonly intervalMs?: number;
  /** When decisions were made. Default `performance`. */
  readonly clock?: Clock;
}

/** What an optimizer found and did. */
export interface OptimizationReport extends Omit<CacheStats, "recent" | "adaptive"> {
  /** Evictions per request since creation. */
  readonly evictionRate: number;
  /** The traffic since the last judgement. */
  readonly window: TrafficWindow;
  readonly parameters: CompleteParameters;
  readonly adaptive: AdaptiveReport | undefined;
  readonly diagnosis: Diagnosis;
  /** The last decisions, the oldest first, with their reasons. */
  readonly decisions: readonly Decision[];
}

/**
 * Watches caches and changes strategy, capacity and lifetime by windowed rates: one change at a time, measured afterwards,
 * and rolled back if the hit rate fell. Either it owns a cache (`get`, `set`, `delete`, `flush`) or it advises one.
 */
export class CacheOptimizer<K, V> implements Disposable {
  readonly #cache: Cache<K, V> | undefined;
  readonly #ownsCache: boolean;
  readonly #clock: Clock;
  readonly #histories = new WeakMap<OptimizableCache, CaseHistory>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #parameters: CompleteParameters;

  /** @throws RangeError for a bad option, with its name, its rule and the value */
  constructor(options: OptimizerOptions<K, V> = {}) {
    const { cache, intervalMs = 0, clock = performance, ...parameters } = options;
    this.#parameters = completeParameters(parameters);
    checkInterval("intervalMs", intervalMs);
    this.#clock = clock;
    this.#ownsCache = cache !== undefined && !("get" in cache);
    this.#cache = cache === undefined || "get" in cache ? cache : new Cache(cache);
    if (this.#cache !== undefined) this.#historyOf(this.#cache);
    if (intervalMs > 0 && this.#cache !== undefined)
      this.#timer = unref(setInterval(() => this.optimize(), intervalMs));
  }

  /** The cache that it owns or was given. @throws TypeError if there is none */
  get cache(): Cache<K, V> {
    if (this.#cache === undefined) throw new TypeError("cache must be given to the optimizer or to the call");
    return this.#cache;
  }

  get parameters(): CompleteParameters {
    return this.#parameters;
  }

  /** Changes some parameters. @throws RangeError for a bad one */
  setParameters(parameters: OptimizerParameters): void {
    this.#parameters = completeParameters({ ...this.#parameters, ...parameters });
  }

  /** The strategy that caches are switched to, if one was asked for. */
  get strategy(): CacheStrategy | undefined {
    return this.#parameters.strategy;
  }

  setStrategy(strategy: CacheStrategy): void {
    this.setParameters({ strategy: checkStrategy(strategy) });
  }

  /**
   * Judges a cache's traffic since the last call, and changes at most one thing. The first call for a cache only starts
   * the watching.
   */
  optimize(cache: OptimizableCache = this.cache): Decision {
    return this.#historyOf(cache).decide(this.#parameters, this.#clock.now());
  }

  /** Evicts up to `count` entries, those that would leave next; returns how many left. */
  forceEviction(count: number, cache: OptimizableCache = this.cache): number {
    return cache.evict(checkCount("count", count));
  }

  report(cache: OptimizableCache = this.cache): OptimizationReport {
    const { recent: _recent, ...stats } = cache.stats();
    const history = this.#historyOf(cache);
    const requests = stats.hits + stats.misses;
    return {
      ...stats,
      evictionRate: requests === 0 ? 0 : stats.evictions / requests,
      window: history.window(),
      parameters: this.#parameters,
      diagnosis: cache.diagnose(),
      decisions: history.decisions,
    };
  }

  get(key: K): V | undefined {
    return this.cache.get(key);
  }

  set(key: K, value: V, options?: SetOptions): void {
    this.cache.set(key, value, options);
  }

  delete(key: K): boolean {
    return this.cache.delete(key);
  }

  flush(): void {
    this.cache.clear();
  }

  stats(): CacheStats {
    return this.cache.stats();
  }

  /** Stops the timer, and closes the cache if it is its own. */
  close(): void {
    clearInterval(this.#timer);
    if (this.#ownsCache) this.#cache?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #historyOf(cache: OptimizableCache): CaseHistory {
    let history = this.#histories.get(cache);
    if (history === undefined) {
      history = new CaseHistory(cache);
      this.#histories.set(cache, history);
    }
    return history;
  }
}
