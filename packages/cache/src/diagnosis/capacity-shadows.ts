import { KeyHasher } from "../entries/key-hasher.ts";
import { usesAfterHalving, usesPerHalving } from "../policy/frequencies.ts";
import { FrequencySketch, MAX_FREQUENCY } from "../policy/frequency-sketch.ts";
import { ShadowContest, WINDOW_SHARES } from "../policy/shadow-contest.ts";
import { SMALL_WINDOW_SHARE } from "../policy/window-tiny-lfu.ts";
import type { CacheStrategy, CapacityEstimate } from "../types.ts";

const FACTORS = [0.5, 1, 2, 4];

/** As in the strategy `adaptive`: a period is 1.5 times the capacity, and at least this many sampled requests. */
const PERIOD_PER_ENTRY = 1.5;
const MIN_PERIOD_REQUESTS = 256;

/**
 * The smallest shadow has at least so many entries where that capacity has as many, and less than twice as many: fewer
 * are a matter of luck, more take memory.
 */
const MIN_SHADOW_ENTRIES = 1024;

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

/**
 * One capacity: shadow caches of that size. Uses are counted as the cache does it, exactly while a key is held and by a
 * sketch otherwise: what a sketch takes for hot by mistake decides over loops.
 */
class ScaledCache {
  readonly contest: ShadowContest;
  readonly #sketch: FrequencySketch;
  readonly #periodRequests: number;
  #requests = 0;
  readonly #usesPerHalving: number;
  #uses = 0;

  constructor(maxSize: number, shares: readonly number[], random: () => number) {
    this.#sketch = new FrequencySketch(maxSize);
    this.contest = new ShadowContest(maxSize, shares, random, (hash, frequency) => {
      if (frequency > 0) this.#sketch.raise(hash, frequency);
    });
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
    const known = this.contest.frequencyOf(hash);
    if (known === MAX_FREQUENCY) return known;
    const frequency = known === undefined ? this.#sketch.add(hash) : known + 1;
    if (++this.#uses >= this.#usesPerHalving) this.#halve();
    return frequency;
  }

  #halve(): void {
    this.#uses = usesAfterHalving(this.#uses, this.#sketch.halve());
    this.contest.halve();
  }
}

/**
 * What the same strategy would do with other capacities, from shadow caches over a sample of the keys. Source of the
 * sampling: C. Waldspurger, N. Park, A. Garthwaite, I. Ahmad, "Efficient MRC Construction with SHARDS", FAST 2015.
 */
export class CapacityShadows {
  readonly #maxSize: number;
  readonly #hasher: KeyHasher;
  readonly #sampleMask: number;
  readonly #caches: readonly ScaledCache[];
  #hits = 0;
  #requests = 0;
  #sampled = 0;
  /** Requests that only fill the shadows. */
  #warmUp: number;

  /** `isWarm`: the cache is not empty, as the shadows are, so these have to fill before their misses say anything. */
  constructor(maxSize: number, strategy: CacheStrategy, isWarm: boolean, random: () => number) {
    this.#maxSize = maxSize;
    this.#warmUp = isWarm ? FACTORS.at(-1)! * maxSize : 0;
    this.#hasher = new KeyHasher(random);
    const smallest = FACTORS[0]! * maxSize;
    const shift = Math.max(0, Math.floor(Math.log2(smallest / MIN_SHADOW_ENTRIES)));
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
    if (this.#warmUp > 0 && --this.#warmUp === 0) this.#startAnew();
    this.#requests++;
    if (isHit) this.#hits++;
    const hash = this.#hasher.hash(key);
    if (((hash >>> 12) & this.#sampleMask) !== 0) return;
    this.#sampled++;
    for (const cache of this.#caches) cache.access(hash);
  }

  /** What each capacity would bring, from what the cache really did and what its shadows did. */
  estimates(): readonly CapacityEstimate[] | "not enough data" {
    const largest = FACTORS.at(-1)! * this.#maxSize;
    const isEnough = this.#sampled >= MIN_SAMPLED_REQUESTS && this.#requests >= MIN_FILLS * largest;
    if (this.#caches.length === 0 || this.#warmUp > 0 || !isEnough) return "not enough data";
    const hitRate = this.#hits / this.#requests;
    const missRates = this.#caches.map(({ contest }) => this.#missRate(contest.followedHits));
    const present = missRates[FACTORS.indexOf(1)]!;
    return FACTORS.map((factor, i) => ({
      maxSize: Math.round(factor * this.#maxSize),
      hitRate: scaledHitRate(hitRate, present, missRates[i]!),
    }));
  }

  #startAnew(): void {
    this.#hits = 0;
    this.#requests = 0;
    this.#sampled = 0;
    for (const { contest } of this.#caches) contest.followedHits = 0;
  }

  /** By the requests that a sample should have had: hot keys are hits, whether they fell into it or not (SHARDS-adj). */
  #missRate(hits: number): number {
    const expected = this.#requests / (this.#sampleMask + 1);
    return Math.min(1, (this.#sampled - hits) / expected);
  }
}

/**
 * More room saves a share of the misses that there were, less room costs a share of the hits. So what the shadows have in
 * common cancels out.
 */
const scaledHitRate = (hitRate: number, presentMissRate: number, otherMissRate: number): number => {
  if (otherMissRate === presentMissRate) return hitRate;
  return otherMissRate < presentMissRate
    ? 1 - (1 - hitRate) * (otherMissRate / presentMissRate)
    : hitRate * ((1 - otherMissRate) / (1 - presentMissRate));
};
