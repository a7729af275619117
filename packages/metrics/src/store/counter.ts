import type { Slot } from "./slots.ts";

const refuse = (value: number): never => {
  throw new RangeError(`a counter's increment must be a finite number >= 0, got ${String(value)}`);
};

/** A handle on one counter series. */
export class Counter {
  readonly #slot: Slot;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  /** Adds `amount`, by default 1. Throws a `RangeError` unless it is finite and >= 0; nothing is recorded then. */
  inc(amount = 1): void {
    if (!(Number.isFinite(amount) && amount >= 0)) refuse(amount);
    const slot = this.#slot;
    slot.values[slot.offset]! += amount;
  }

  /** The current value. */
  get value(): number {
    this.#slot.settle();
    return this.#slot.values[this.#slot.offset]!;
  }
}
