import { fromHighWord, highWord } from "./float-bits.ts";

// 32 cells per power of two: the middle of a cell is at most 1/64 = 1.6 % from anything in it.
const cellShift = 20 - 5;
const smallest = 2 ** -30;
const octaves = 40;
const firstCell = highWord(smallest) >>> cellShift;
const cells = octaves * 32;

/**
 * A log-linear histogram (the idea of HdrHistogram) of 10 KiB over 0.93 ns to 1,024 s: quantiles within 1.6 %.
 * What lies outside counts as the nearest end.
 */
export class QuantileSketch {
  readonly #counts = new Float64Array(cells);

  record(value: number): void {
    let cell = value > smallest ? (highWord(value) >>> cellShift) - firstCell : 0;
    if (cell >= cells) cell = cells - 1;
    this.#counts[cell]! += 1;
  }

  /** The value at `ratio` (0 to 1) by nearest rank, or `undefined` when nothing was recorded. */
  quantile(ratio: number): number | undefined {
    if (!(ratio >= 0 && ratio <= 1)) throw new RangeError(`a quantile's ratio must be from 0 to 1, got ${ratio}`);
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return undefined;
    let left = Math.max(1, Math.ceil(ratio * total));
    const cell = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    const word = (firstCell + cell) << cellShift;
    return (fromHighWord(word) + fromHighWord(word + (1 << cellShift))) / 2;
  }

  reset(): void {
    this.#counts.fill(0);
  }
}
