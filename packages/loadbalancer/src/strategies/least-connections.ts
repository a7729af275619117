import { CountBuckets } from "./count-buckets.ts";
import { IndexedHeap } from "./indexed-heap.ts";
import type { Candidate, Strategy, StrategyReason } from "./strategy.ts";

/** The pods of one weight. */
class WeightClass {
  readonly buckets = new CountBuckets();
  readonly weight: number;
  readonly slot: number;

  constructor(weight: number, slot: number) {
    this.weight = weight;
    this.slot = slot;
  }

  get cost(): number {
    return (this.buckets.least + 1) / this.weight;
  }
}

/**
 * The fewest open leases per weight, exactly. Pods of one weight are kept in buckets by count, the classes in a heap: O(1)
 * in the number of pods, O(log of the number of different weights).
 */
export class LeastConnections implements Strategy {
  readonly #byWeight = new Map<number, WeightClass>();
  readonly #classOf: (WeightClass | undefined)[] = [];
  readonly #order = new IndexedHeap<WeightClass>();
  readonly #freeSlots: number[] = [];
  #last: Candidate | undefined;
  #lastCost = 0;

  join(pod: Candidate): void {
    let group = this.#byWeight.get(pod.weight);
    if (group === undefined) {
      group = new WeightClass(pod.weight, this.#freeSlots.pop() ?? this.#byWeight.size);
      this.#byWeight.set(pod.weight, group);
    }
    this.#classOf[pod.slot] = group;
    group.buckets.add(pod, pod.inFlight);
    if (group.buckets.size === 1) this.#order.add(group, group.cost);
    else this.#reorder(group);
  }

  leave(pod: Candidate): void {
    const group = this.#classOf[pod.slot]!;
    this.#classOf[pod.slot] = undefined;
    group.buckets.remove(pod);
    if (group.buckets.size > 0) this.#reorder(group);
    else this.#retire(group);
  }

  reweighed(pod: Candidate): void {
    this.leave(pod);
    this.join(pod);
  }

  started(pod: Candidate): void {
    this.#move(pod);
  }

  finished(pod: Candidate): void {
    this.#move(pod);
  }

  select(): Candidate | undefined {
    const group = this.#order.first();
    if (group === undefined) return undefined;
    this.#lastCost = group.cost;
    this.#last = group.buckets.first();
    return this.#last;
  }

  explain(): StrategyReason {
    const last = this.#last;
    return {
      reason: "the fewest in use per weight",
      considered: last === undefined ? [] : [{ podId: last.podId, cost: this.#lastCost }],
    };
  }

  #move(pod: Candidate): void {
    const group = this.#classOf[pod.slot];
    if (group === undefined) return;
    group.buckets.move(pod, pod.inFlight);
    this.#reorder(group);
  }

  #retire(group: WeightClass): void {
    this.#order.remove(group);
    this.#byWeight.delete(group.weight);
    this.#freeSlots.push(group.slot);
  }

  #reorder(group: WeightClass): void {
    const { cost } = group;
    if (cost !== this.#order.value(group)) this.#order.change(group, cost);
  }
}
