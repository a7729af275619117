import type { PendingObservations } from "./pending-observations.ts";

/** The place of one series: `width` numbers of `values`, from `offset`. */
export class Slot {
  values: Float64Array;
  offset: number;
  /** Whether the place belongs to the pages of the family. */
  isPooled = true;
  /** Observations that wait to be added to the numbers: whoever reads those settles first. */
  pending: PendingObservations | undefined;

  constructor(values: Float64Array, offset: number) {
    this.values = values;
    this.offset = offset;
  }

  /** Brings the numbers up to date. */
  settle(): void {
    this.pending?.settle();
  }
}

/**
 * Numbers of a family's series in typed arrays that grow by whole pages, so that a handle's place never moves.
 * Pages double up to 4,096 series: a family of one costs one series, not a page.
 */
export class SlotPages {
  readonly width: number;
  readonly #free: Slot[] = [];
  #page: Float64Array;
  #next = 0;

  constructor(width: number) {
    this.width = width;
    this.#page = new Float64Array(width);
  }

  allocate(): Slot {
    const reused = this.#free.pop();
    if (reused) return reused;
    if (this.#next === this.#page.length) {
      const series = Math.min(2 * (this.#page.length / this.width), 4096);
      this.#page = new Float64Array(series * this.width);
      this.#next = 0;
    }
    const slot = new Slot(this.#page, this.#next);
    this.#next += this.width;
    return slot;
  }

  /** Moves the numbers out of the pages, to a place in `values`. Handles follow, because they ask the slot. */
  move(slot: Slot, values: Float64Array, offset: number): void {
    slot.settle();
    values.set(slot.values.subarray(slot.offset, slot.offset + this.width), offset);
    this.#recycle(slot);
    slot.values = values;
    slot.offset = offset;
    slot.isPooled = false;
  }

  /** Takes the numbers back. The slot itself lives on for handles that are still held, on numbers of its own. */
  release(slot: Slot): void {
    if (slot.isPooled) this.move(slot, new Float64Array(this.width), 0);
  }

  #recycle(slot: Slot): void {
    if (!slot.isPooled) return;
    slot.values.fill(0, slot.offset, slot.offset + this.width);
    this.#free.push(new Slot(slot.values, slot.offset));
  }
}
