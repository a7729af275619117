import { KeyHasher } from "../entries/key-hasher.ts";
import { usesAfterHalving, usesPerHalving } from "../policy/frequencies.ts";
import { FrequencySketch } from "../policy/frequency-sketch.ts";
import { sampleShift } from "../policy/sampling.ts";
import { ShadowContest, WINDOW_SHARES } from "../policy/shadow-contest.ts";
import { SMALL_WINDOW_SHARE } from "../policy/window-tiny-lfu.ts";
import type { CacheStrategy, CapacityEstimate } from "../types.ts";

const FACTORS = [0.5, 1, 2, 4];

/** As in the strategy `adaptive`: a period is 1.5 times the capacity, and at least this many sampled requests. */
const PERIOD_PER_ENTRY = 1.5;
const MIN_PERIOD_REQUESTS = 256;

/** Entries of the smallest shadow of a small cache. */
const MIN_SHADOW_ENTRIES = 128;

/** Estimates need this many sampled requests, and enough requests to fill the largest capacity twice. */
const MIN_SAMPLED_REQUESTS = 2000;
const MIN_FILLS = 2;

/** A window of 1 is LRU: nothing is ever on probation. `ttl` has no shadow, since its order is not one of uses. */
const SHARES: Record<CacheStrategy, readonly number[]> = {
  adaptive: WINDOW_SHARES,
  lfu: [SMALL_WINDOW_SHARE],
  lru: [1],
  ttl: [],
};

/** One capacity: shadow caches of that size, with a sketch of their own. */
class ScaledCache {
  readonly contest: ShadowContest;
  readonly #sketch: FrequencySketch;
  readonly #periodRequests: number;
  #requests = 0;
  readonly #usesPerHalving: number;
  #uses = 0;

  constructor(maxSize: number, shares: readonly number[], random: () => number) {
    this.contest = new ShadowContest(maxSize, shares, random);
    this.#sketch = new FrequencySketch(maxSize);
    this.#usesPerHalving = usesPerHalving(maxSize);
    this.#periodRequests = Math.max(MIN_PERIOD_REQUESTS, Math.round(PERIOD_PER_ENTRY * maxSize));
  }

  access(hash: number): void {
    this.contest.access(hash, this.#use(hash));
    if (++this.#requests < this.#periodRequests) return;
    this.#requests = 0;
    this.contest.decide();
    this.contest.age();
  }

  #use(hash: number): number {
    const count = this.#sketch.add(hash);
    if (++this.#uses >= this.#usesPerHalving) this.#halve();
    return count;
  }

  #halve(): void {
    this.#uses = usesAfterHalving(this.#uses, this.#sketch.halve());
    this.contest.halve();
  }
}

/** What the same strategy would do with other capacities, from shadow caches over a sample of the keys. */
export class CapacityShadows {
  readonly #maxSize: number;
  readonly #hasher: KeyHasher;
  readonly #sampleMask: number;
  readonly #caches: readonly ScaledCache[];
  #hits = 0;
  #requests = 0;
  #sampled = 0;

  constructor(maxSize: number, strategy: CacheStrategy, random: () => number) {
    this.#maxSize = maxSize;
    this.#hasher = new KeyHasher(random);
    const shift = sampleShift(maxSize / 2, MIN_SHADOW_ENTRIES);
    this.#sampleMask = 2 ** shift - 1;
    const shares = SHARES[strategy];
    this.#caches =
      shares.length === 0
        ? []
        : FACTORS.map(
            (factor) => new ScaledCache(Math.max(1, Math.round((factor * maxSize) / 2 ** shift)), shares, random),
          );
  }

  get sampledRequests(): number {
    return this.#sampled;
  }

  /** A request of the real cache. */
  record(key: unknown, isHit: boolean): void {
    this.#requests++;
    if (isHit) this.#hits++;
    const hash = this.#hasher.hash(key);
    if (((hash >>> 12) & this.#sampleMask) !== 0) return;
    this.#sampled++;
    for (const cache of this.#caches) cache.access(hash);
  }

  /**
   * What each capacity would bring. The shadow at the present capacity is held against what the cache really did, and
   * the others are corrected by the difference, so that a hot key in or out of the sample cancels out.
   */
  estimates(): readonly CapacityEstimate[] | "not enough data" {
    const same = this.#caches[FACTORS.indexOf(1)];
    const largest = FACTORS.at(-1)! * this.#maxSize;
    if (same === undefined || this.#sampled < MIN_SAMPLED_REQUESTS || this.#requests < MIN_FILLS * largest)
      return "not enough data";
    const actual = this.#hits / this.#requests;
    const expected = this.#requests / (this.#sampleMask + 1);
    return this.#caches.map(({ contest }, i) => ({
      maxSize: Math.round(FACTORS[i]! * this.#maxSize),
      hitRate: Math.min(1, Math.max(0, actual + (contest.followedHits - same.contest.followedHits) / expected)),
    }));
  }
}
