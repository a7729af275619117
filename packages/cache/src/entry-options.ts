import type { Lifetime } from "./entries/lifetimes.ts";
import { checkDuration, checkFunction, checkJitter, checkWeight, DEFAULTS } from "./options.ts";
import type { CacheOptions, SetOptions } from "./types.ts";

const FOREVER = Number.POSITIVE_INFINITY;

/** Lifetime and weight of an entry: its own options, or else those of the cache. */
export class EntryOptions<K, V> {
  readonly maxWeight: number | undefined;
  #ttlMs: number;
  readonly #idleMs: number;
  readonly #jitterRatio: number;
  readonly #weigh: ((value: V, key: K) => number) | undefined;
  readonly #random: () => number;
  /** The lifetime of entries without options of their own, made once. */
  common: Lifetime | undefined;
  /** Whether all of them have it: there is no jitter. */
  readonly isCommon: boolean;

  constructor(options: CacheOptions<K, V>, random: () => number) {
    this.#ttlMs = checkDuration("ttlMs", options.ttlMs ?? DEFAULTS.ttlMs);
    this.#idleMs = checkDuration("idleMs", options.idleMs ?? DEFAULTS.idleMs);
    this.#jitterRatio = checkJitter("ttlJitterRatio", options.ttlJitterRatio ?? DEFAULTS.ttlJitterRatio);
    this.maxWeight = options.maxWeight === undefined ? undefined : checkWeight("maxWeight", options.maxWeight);
    this.#weigh = options.weigh === undefined ? undefined : checkFunction("weigh", options.weigh);
    this.#random = random;
    this.common = this.#lifetime(this.#ttlMs, this.#idleMs, 0);
    this.isCommon = this.#jitterRatio === 0;
  }

  /** Lifetime of entries without one of their own. */
  get ttlMs(): number {
    return this.#ttlMs;
  }

  set ttlMs(ttlMs: number) {
    this.#ttlMs = checkDuration("ttlMs", ttlMs);
    this.common = this.#lifetime(this.#ttlMs, this.#idleMs, 0);
  }

  /** The lifetime of an entry; `undefined` for one that never expires. */
  lifetimeOf(options: SetOptions | undefined, graceMs: number): Lifetime | undefined {
    const ttlMs = options?.ttlMs === undefined ? this.#ttlMs : checkDuration("ttlMs", options.ttlMs);
    const idleMs = options?.idleMs === undefined ? this.#idleMs : checkDuration("idleMs", options.idleMs);
    return this.#lifetime(ttlMs * (1 - this.#jitterRatio * this.#random()), idleMs, graceMs);
  }

  /** @throws RangeError for a weight that is not above 0 */
  weightOf(key: K, value: V, options: SetOptions | undefined): number {
    if (options?.weight !== undefined) return checkWeight("weight", options.weight);
    return this.#weigh === undefined ? 1 : checkWeight("the result of weigh", this.#weigh(value, key));
  }

  #lifetime(ttlMs: number, idleMs: number, graceMs: number): Lifetime | undefined {
    return ttlMs === FOREVER && idleMs === FOREVER
      ? undefined
      : { ttlMs, idleMs, graceMs, isTtlOnly: idleMs === FOREVER && graceMs === 0 };
  }
}
