import type { Aggregator, MetricType } from "../types.ts";
import type { Collector } from "./collector.ts";
import { type LabelSet, labelKey } from "./label-set.ts";
import type { QuantileSketch } from "./quantile-sketch.ts";
import { type Slot, SlotPages } from "./slots.ts";

/** What a family is, and how a handle on one of its series is made. */
export interface FamilyDefinition<Handle> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: Aggregator;
  /** How many numbers a series has. */
  readonly width: number;
  /** Upper bounds of a histogram's buckets, +Inf last; empty for other types. */
  readonly bounds: Float64Array;
  /** Where a histogram keeps the quantiles of all its series. */
  readonly sketch?: QuantileSketch | undefined;
  /** The most series, without the overflow series. */
  readonly maxSeries: number;
  handle(slot: Slot): Handle;
  /** Clears what a handle keeps beside its numbers. */
  onReset?(handle: Handle): void;
}

/** One series: its labels, its numbers, the handle that writes them. */
export interface Series<Handle = unknown> {
  /** Equal for equal labels, and only for them. */
  readonly key: string;
  readonly labels: LabelSet;
  readonly slot: Slot;
  readonly handle: Handle;
  /** What a text page prints before the value; made by the renderer at the first page. */
  prefix: string | undefined;
  /** How many label views hold it. */
  holders: number;
}

/** The numbers of one metric name. Handles write them, pages read them, nobody copies them in between. */
export class Family<Handle = unknown> {
  readonly definition: FamilyDefinition<Handle>;
  /** What fills the family before a reading. */
  readonly collectors: Set<Collector> = new Set<Collector>();
  readonly #series = new Map<string, Series<Handle>>();
  readonly #slots: SlotPages;

  constructor(definition: FamilyDefinition<Handle>) {
    this.definition = definition;
    this.#slots = new SlotPages(definition.width);
  }

  get name(): string {
    return this.definition.name;
  }

  /** All series in the order of creation, their numbers up to date. */
  *series(): Generator<Series<Handle>> {
    for (const series of this.#series.values()) {
      series.slot.settle();
      yield series;
    }
  }

  /** Brings the numbers of all series up to date, and with them the sketch. */
  settle(): void {
    for (const { slot } of this.#series.values()) slot.settle();
  }

  get size(): number {
    return this.#series.size;
  }

  /** The series of these labels for one more holder, or `undefined` when the family is full. */
  hold(labels: LabelSet): Series<Handle> | undefined {
    const key = labelKey(labels);
    const full = this.#series.size >= this.definition.maxSeries;
    return full && !this.#series.has(key) ? undefined : this.#hold(key, labels);
  }

  /** The series that takes what a full family turned away. It has a place of its own beyond the limit. */
  holdOverflow(base: LabelSet): Series<Handle> {
    const labels = Object.freeze({ ...base, overflow: "true" });
    return this.#hold(labelKey(labels), labels);
  }

  /** Moves a series' numbers to a place in `values`, where others lie that are written with them. */
  move(series: Series<Handle>, values: Float64Array, offset: number): void {
    this.#slots.move(series.slot, values, offset);
  }

  /** Gives a series up; the last holder removes it from the pages. Its handle then counts for nobody. */
  release(series: Series<Handle>): void {
    series.holders--;
    if (series.holders > 0) return;
    series.slot.settle();
    this.#series.delete(series.key);
    this.#slots.release(series.slot);
  }

  /** Sets every number to zero and keeps the series. */
  reset(): void {
    const { width, sketch } = this.definition;
    for (const { slot, handle } of this.series()) {
      slot.values.fill(0, slot.offset, slot.offset + width);
      this.definition.onReset?.(handle);
    }
    sketch?.reset();
  }

  #hold(key: string, labels: LabelSet): Series<Handle> {
    let series = this.#series.get(key);
    if (series === undefined) {
      const slot = this.#slots.allocate();
      series = { key, labels, slot, handle: this.definition.handle(slot), prefix: undefined, holders: 0 };
      this.#series.set(key, series);
    }
    series.holders++;
    return series;
  }
}
