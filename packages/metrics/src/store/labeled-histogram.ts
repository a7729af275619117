import type { Family } from "./family.ts";
import type { Histogram } from "./histogram.ts";
import type { LabelSet } from "./label-set.ts";
import { Labeled } from "./labeled.ts";

/** A view of a histogram family that also answers quantiles. */
export class LabeledHistogram extends Labeled<Histogram> {
  readonly #histograms: Family<Histogram>;

  constructor(
    family: Family<Histogram>,
    constants: LabelSet,
    labelNames: readonly string[],
    onOverflow: (family: string) => void,
  ) {
    super(family, constants, labelNames, onOverflow);
    this.#histograms = family;
  }

  /**
   * The value at `ratio` (0 to 1) over all series of the family since its start or reset, within 1.6 %; `undefined`
   * without the option `quantiles` or without an observation. Throws a `RangeError` for another ratio.
   */
  quantile(ratio: number): number | undefined {
    return this.#histograms.definition.sketch?.quantile(ratio);
  }
}
