import type { LabelValue } from "../types.ts";
import type { Family, Series } from "./family.ts";
import { type LabelSet, labelKey, withLabels } from "./label-set.ts";
import { LabelTree } from "./label-tree.ts";

/** One user's view of a family: constant labels filled in, handles found by the values of the others. */
export class Labeled<Handle extends object> {
  readonly #family: Family<Handle>;
  readonly #constants: LabelSet;
  readonly #labelNames: readonly string[];
  readonly #onOverflow: (family: string) => void;
  readonly #tree: LabelTree<Series<Handle>>;
  readonly #held = new Map<string, Series<Handle>>();
  #overflow: Series<Handle> | undefined;

  constructor(
    family: Family<Handle>,
    constants: LabelSet,
    labelNames: readonly string[],
    onOverflow: (family: string) => void,
  ) {
    this.#family = family;
    this.#constants = constants;
    this.#labelNames = [...labelNames];
    this.#onOverflow = onOverflow;
    this.#tree = new LabelTree<Series<Handle>>(
      labelNames.length,
      (values) => this.#resolve(values),
      () => this.#turnAway(),
    );
    if (labelNames.length === 0) this.labels();
  }

  // For what lies beside this class in the package: the package exports its instances' type only.
  static familyOf<Handle extends object>(view: Labeled<Handle>): Family<Handle> {
    return view.#family;
  }

  static seriesOf<Handle extends object>(view: Labeled<Handle>, values: readonly LabelValue[]): Series<Handle> {
    return view.#tree.at(values);
  }

  /**
   * The handle of the series with these label values, in the order of `labelNames`; an empty string leaves a label out.
   * Keep it where it is used often. A full family gives the handle of its overflow series.
   * Throws a `TypeError` for a wrong number or type of values.
   */
  labels(...values: readonly LabelValue[]): Handle {
    return this.#tree.at(values).handle;
  }

  /** The handles of all series that this view has asked for. */
  *handles(): Generator<Handle> {
    for (const { handle } of this.#held.values()) yield handle;
  }

  /** Removes a series from the pages, e.g. of a pod that is gone; false if there is none. Held handles go silent. */
  remove(...values: readonly LabelValue[]): boolean {
    const key = labelKey(withLabels(this.#constants, this.#labelNames, values));
    const series = this.#held.get(key);
    if (series === undefined) return false;
    this.#held.delete(key);
    this.#tree.clear();
    this.#family.release(series);
    return true;
  }

  /** Gives up all series. */
  release(): void {
    for (const series of this.#held.values()) this.#family.release(series);
    this.#held.clear();
    this.#tree.clear();
  }

  #resolve(values: readonly LabelValue[]): Series<Handle> | undefined {
    const labels = withLabels(this.#constants, this.#labelNames, values);
    const held = this.#held.get(labelKey(labels)) ?? this.#family.hold(labels);
    if (held !== undefined) this.#held.set(held.key, held);
    return held;
  }

  #turnAway(): Series<Handle> {
    this.#onOverflow(this.#family.name);
    if (this.#overflow === undefined) {
      this.#overflow = this.#family.holdOverflow(this.#constants);
      this.#held.set(this.#overflow.key, this.#overflow);
    }
    return this.#overflow;
  }
}
