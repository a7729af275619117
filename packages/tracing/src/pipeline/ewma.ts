import { requireNumber } from "../validation.ts";

/** Exponentially weighted moving average. The first value counts in full; zero is a value like any other. */
export class Ewma {
  readonly #weight: number;
  #value: number | undefined;

  /** `weight` of the newest value, in (0, 1]. */
  constructor(weight: number) {
    this.#weight = requireNumber("weight", weight, Number.MIN_VALUE, 1);
  }

  /** The average, or `undefined` before the first value. */
  get value(): number | undefined {
    return this.#value;
  }

  add(value: number): number {
    this.#value = this.#value === undefined ? value : this.#value + this.#weight * (value - this.#value);
    return this.#value;
  }
}
