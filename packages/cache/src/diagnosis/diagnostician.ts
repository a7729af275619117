import type { CacheStrategy, Diagnosis, RemovalReason } from "../types.ts";
import { CapacityShadows } from "./capacity-shadows.ts";
import { MissCauseCounter } from "./miss-causes.ts";

/** Keys that left and are remembered, per entry of the cache; quick-lru holds up to twice as many. */
const REMEMBERED_PER_ENTRY = 2;

/** Watches a cache's requests and removals to tell causes of misses and the worth of other capacities. */
export class Diagnostician<K> {
  readonly #causes: MissCauseCounter<K>;
  readonly #random: () => number;
  #shadows: CapacityShadows;

  constructor(maxSize: number, strategy: CacheStrategy, isWarm: boolean, random: () => number) {
    this.#random = random;
    this.#causes = new MissCauseCounter(maxSize * REMEMBERED_PER_ENTRY);
    this.#shadows = new CapacityShadows(maxSize, strategy, isWarm, random);
  }

  hit(key: K): void {
    this.#shadows.record(key, true);
  }

  miss(key: K, expired: boolean): void {
    this.#shadows.record(key, false);
    this.#causes.miss(key, expired);
  }

  leave(key: K, reason: RemovalReason): void {
    this.#causes.leave(key, reason);
  }

  /** Starts the estimates anew, for another capacity or strategy. */
  restart(maxSize: number, strategy: CacheStrategy, isWarm: boolean): void {
    this.#shadows = new CapacityShadows(maxSize, strategy, isWarm, this.#random);
  }

  report(): Diagnosis {
    return {
      causes: this.#causes.counts(),
      capacities: this.#shadows.estimates(),
      sampledRequests: this.#shadows.sampledRequests,
    };
  }
}
