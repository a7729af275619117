import type { Clock } from "../ports.ts";
import { bucketOf } from "./buckets.ts";
import { type Exemplar, Exemplars } from "./exemplars.ts";
import type { QuantileSketch } from "./quantile-sketch.ts";
import type { Slot } from "./slots.ts";

/** What all series of one histogram family share. */
export interface HistogramShape {
  /** Upper bounds, +Inf last. */
  readonly bounds: Float64Array;
  readonly clock: Clock;
  readonly sketch: QuantileSketch | undefined;
}

const refuse = (value: number): never => {
  throw new RangeError(`a histogram's observation must be a finite number, got ${String(value)}`);
};

/**
 * A handle on one histogram series. Its slot holds one count per bucket, +Inf last, then the sum; buckets become
 * cumulative only when they are read.
 */
export class Histogram {
  readonly #slot: Slot;
  readonly #shape: HistogramShape;
  readonly #bounds: Float64Array;
  readonly #sketch: QuantileSketch | undefined;
  #exemplars: Exemplars | undefined;

  constructor(slot: Slot, shape: HistogramShape) {
    this.#slot = slot;
    this.#shape = shape;
    this.#bounds = shape.bounds;
    this.#sketch = shape.sketch;
  }

  /**
   * Records `value`, with `traceId` as the exemplar of its bucket. Throws a `RangeError` unless the value is finite;
   * nothing is recorded then.
   */
  observe(value: number, traceId?: string): void {
    if (!Number.isFinite(value)) refuse(value);
    const bounds = this.#bounds;
    const bucket = bucketOf(bounds, value);
    if (traceId !== undefined) this.#keepExemplar(bucket, value, traceId);
    const slot = this.#slot;
    slot.values[slot.offset + bucket]! += 1;
    slot.values[slot.offset + bounds.length]! += value;
    if (this.#sketch !== undefined) this.#sketch.record(value);
  }

  /** Number of observations. */
  get count(): number {
    this.#slot.settle();
    let count = 0;
    for (let bucket = 0; bucket < this.#bounds.length; bucket++)
      count += this.#slot.values[this.#slot.offset + bucket]!;
    return count;
  }

  /** Sum of the observed values. */
  get sum(): number {
    this.#slot.settle();
    return this.#slot.values[this.#slot.offset + this.#bounds.length]!;
  }

  /** The newest exemplar of a bucket. */
  exemplar(bucket: number): Exemplar | undefined {
    return this.#exemplars?.at(bucket);
  }

  /** Forgets the exemplars; the counts are the family's to clear. */
  forgetExemplars(): void {
    this.#exemplars?.reset();
  }

  #keepExemplar(bucket: number, value: number, traceId: string): void {
    this.#exemplars ??= new Exemplars(this.#bounds.length, this.#shape.clock);
    this.#exemplars.keep(bucket, value, traceId);
  }
}
