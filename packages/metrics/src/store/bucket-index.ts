import { fromHighWord, highWord } from "./float-bits.ts";

// Eight cells per power of two: with bounds in 1-2.5-5 steps no cell holds two of them.
const cellShift = 20 - 3;

/** Finds a value's bucket in constant time: a table over the value's exponent says where to start comparing. */
export class BucketIndex {
  /** Upper bounds, ascending, followed by +Inf. */
  readonly bounds: Float64Array;
  readonly #firstBucket: Uint16Array;
  readonly #firstCell: number;

  constructor(bounds: readonly number[]) {
    this.bounds = Float64Array.of(...bounds, Infinity);
    const positive = bounds.filter((bound) => bound > 0);
    this.#firstCell = highWord(positive[0] ?? 1) >>> cellShift;
    const lastCell = highWord(positive.at(-1) ?? 1) >>> cellShift;
    this.#firstBucket = new Uint16Array(lastCell - this.#firstCell + 2);
    // Cell 0 is everything below, zero and negative numbers included, so it starts at the first bucket.
    for (let cell = 1; cell < this.#firstBucket.length; cell++) {
      const lowest = fromHighWord(((this.#firstCell + cell - 1) << cellShift) >>> 0);
      this.#firstBucket[cell] = this.bounds.findIndex((bound) => lowest <= bound);
    }
  }

  /** The first bucket whose upper bound is not below a finite `value`. */
  indexOf(value: number): number {
    let cell = 0;
    if (value > 0) {
      cell = (highWord(value) >>> cellShift) - this.#firstCell + 1;
      if (cell < 0) cell = 0;
      else if (cell >= this.#firstBucket.length) cell = this.#firstBucket.length - 1;
    }
    let bucket = this.#firstBucket[cell]!;
    while (value > this.bounds[bucket]!) bucket++;
    return bucket;
  }
}
