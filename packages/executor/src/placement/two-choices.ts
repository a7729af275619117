import type { PlacementPort } from "../ports.ts";
import type { PodId, PodRecord } from "../types.ts";

/**
 * The freer of two random pods, by reported load. Never the smallest of all: between two reports every router would send
 * all new links to the same pod (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).
 */
export class TwoChoices implements PlacementPort {
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  place(_uid: string, candidates: readonly PodRecord[]): PodId {
    const first = this.#sample(candidates);
    const second = this.#sample(candidates);
    return (second.load < first.load ? second : first).pod;
  }

  #sample(candidates: readonly PodRecord[]): PodRecord {
    return candidates[Math.floor(this.#random() * candidates.length)]!;
  }
}
