import type { Histogram } from "./histogram.ts";
import { Labeled } from "./labeled.ts";

/** A view of a histogram family that also answers quantiles. */
export class LabeledHistogram extends Labeled<Histogram> {
  /**
   * The value at `ratio` (0 to 1) over all series of the family since its start or reset, within 1.6 %; `undefined`
   * without the option `quantiles` or without an observation. Throws a `RangeError` for another ratio.
   */
  quantile(ratio: number): number | undefined {
    if (!(ratio >= 0 && ratio <= 1)) throw new RangeError(`ratio must be from 0 to 1, got ${ratio}`);
    const family = Labeled.familyOf(this);
    family.settle();
    return family.definition.sketch?.quantile(ratio);
  }
}
