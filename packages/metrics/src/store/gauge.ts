import type { Slot } from "./slots.ts";

const requireFinite = (value: number): void => {
  if (!Number.isFinite(value)) throw new RangeError(`a gauge's value must be a finite number, got ${String(value)}`);
};

/** A handle on one gauge series. */
export class Gauge {
  readonly #slot: Slot;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  /** Sets the value. Throws a `RangeError` unless it is finite. */
  set(value: number): void {
    requireFinite(value);
    this.#slot.values[this.#slot.offset] = value;
  }

  /** Adds `amount`, by default 1. Throws a `RangeError` unless it is finite. */
  inc(amount = 1): void {
    requireFinite(amount);
    this.#slot.values[this.#slot.offset]! += amount;
  }

  /** Subtracts `amount`, by default 1. Throws a `RangeError` unless it is finite. */
  dec(amount = 1): void {
    requireFinite(amount);
    this.#slot.values[this.#slot.offset]! -= amount;
  }

  /** The current value. */
  get value(): number {
    return this.#slot.values[this.#slot.offset]!;
  }
}
