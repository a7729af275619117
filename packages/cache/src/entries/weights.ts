import { resized } from "./slot-lists.ts";

/** The weight of each entry, by slot, and their sum. */
export class Weights {
  readonly maxWeight: number;
  total = 0;
  #weights = new Float64Array(0);

  constructor(maxWeight: number) {
    this.maxWeight = maxWeight;
  }

  grow(allocated: number): void {
    this.#weights = resized(this.#weights, allocated);
  }

  reset(allocated: number): void {
    this.#weights = new Float64Array(allocated);
    this.total = 0;
  }

  get(slot: number): number {
    return this.#weights[slot]!;
  }

  /** Also forgets a slot, with a weight of 0. */
  set(slot: number, weight: number): void {
    this.total += weight - this.#weights[slot]!;
    this.#weights[slot] = weight;
  }
}
