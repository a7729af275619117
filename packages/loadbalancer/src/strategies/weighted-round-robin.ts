import { IndexedHeap } from "./indexed-heap.ts";
import type { Candidate, Strategy, StrategyReason } from "./strategy.ts";

const GOLDEN_RATIO = 0.618_033_988_749_895;

/**
 * Weighted round robin as earliest deadline first: a pod's next turn is 1 / weight after its last one. Exact over a period,
 * any positive weight, O(log n), and smooth: first turns are spread by the golden ratio, so that pods of the same weight do
 * not come in a bunch (5, 1, 1 gives ABAAACA, not AAAAABC).
 */
export class WeightedRoundRobin implements Strategy {
  readonly #turns = new IndexedHeap<Candidate>();
  #virtualTime = 0;

  join(pod: Candidate): void {
    const remembered = this.#turns.value(pod);
    const period = 1 / pod.weight;
    // A pod that was away for a moment, full for instance, keeps the turn it had: it neither gains nor catches up.
    const due =
      remembered > this.#virtualTime
        ? Math.min(remembered, this.#virtualTime + period)
        : this.#virtualTime + period * ((0.5 + pod.slot * GOLDEN_RATIO) % 1);
    this.#turns.add(pod, due);
  }

  leave(pod: Candidate): void {
    this.#turns.remove(pod);
  }

  forget(pod: Candidate): void {
    this.#turns.forget(pod);
  }

  reweighed(pod: Candidate): void {
    const soonest = this.#virtualTime + 1 / pod.weight;
    if (soonest < this.#turns.value(pod)) this.#turns.change(pod, soonest);
  }

  select(): number | undefined {
    const pod = this.#turns.first();
    if (pod === undefined) return undefined;
    this.#virtualTime = this.#turns.value(pod);
    this.#turns.change(pod, this.#virtualTime + 1 / pod.weight);
    return pod.slot;
  }

  explain(): StrategyReason {
    return { reason: "the earliest turn, turns being 1 / weight apart", considered: [] };
  }
}
