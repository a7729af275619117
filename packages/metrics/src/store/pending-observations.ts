import { bucketOf } from "./buckets.ts";
import type { QuantileSketch } from "./quantile-sketch.ts";

/** How many observations of a series may wait: 512 bytes. */
export const pendingCapacity = 64;

/** Where a histogram series, the counter of the same events and the observations that wait lie in one array. */
export interface PendingPlace {
  readonly values: Float64Array;
  readonly counterAt: number;
  /** The first bucket; the sum follows the last. */
  readonly histogramAt: number;
  /** Room for {@link pendingCapacity} numbers. */
  readonly pendingAt: number;
}

/**
 * Takes the observations of one histogram series as they come; counts them and sorts them into buckets later, at the
 * latest before anyone reads. A server's own work empties the caches between two requests: an observation then costs the
 * cache lines it touches. This is one store; counter, bounds, buckets, sum and sketch are fetched once for all that wait.
 */
export class PendingObservations {
  // What append() needs comes first, so that it lies together.
  readonly #values: Float64Array;
  #end: number;
  readonly #limit: number;
  readonly #first: number;
  readonly #counterAt: number;
  readonly #histogramAt: number;
  readonly #bounds: Float64Array;
  readonly #sketch: QuantileSketch | undefined;

  constructor(place: PendingPlace, bounds: Float64Array, sketch: QuantileSketch | undefined) {
    this.#values = place.values;
    this.#end = place.pendingAt;
    this.#limit = place.pendingAt + pendingCapacity;
    this.#first = place.pendingAt;
    this.#counterAt = place.counterAt;
    this.#histogramAt = place.histogramAt;
    this.#bounds = bounds;
    this.#sketch = sketch;
  }

  /** Takes a finite number. */
  append(value: number): void {
    if (this.#end === this.#limit) this.settle();
    const end = this.#end;
    this.#values[end] = value;
    this.#end = end + 1;
  }

  /** Sorts what waits. */
  settle(): void {
    const values = this.#values;
    const bounds = this.#bounds;
    const at = this.#histogramAt;
    const end = this.#end;
    this.#end = this.#first;
    values[this.#counterAt]! += end - this.#first;
    let sum = values[at + bounds.length]!;
    for (let i = this.#first; i < end; i++) {
      const value = values[i]!;
      values[at + bucketOf(bounds, value)]! += 1;
      sum += value;
    }
    values[at + bounds.length] = sum;
    if (this.#sketch !== undefined) for (let i = this.#first; i < end; i++) this.#sketch.record(values[i]!);
  }
}
