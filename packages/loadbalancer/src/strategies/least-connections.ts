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

  join(pod: Candidate): void {
    let group = this.#byWeight.get(pod.weight);
    if (group === undefined) {
      group = new WeightClass(pod.weight, this.#freeSlots.pop() ?? this.#byWeight.size);
      this.#byWeight.set(pod.weight, group);
    }
    this.#classOf[pod.slot] = group;
    group.buckets.add(pod.slot, pod.inFlight);
    if (group.buckets.size === 1) this.#rank(group);
    else this.#reorder(group);
  }

  leave(pod: Candidate): void {
    const group = this.#classOf[pod.slot]!;
    this.#classOf[pod.slot] = undefined;
    group.buckets.remove(pod.slot);
    if (group.buckets.size > 0) this.#reorder(group);
    else this.#retire(group);
  }

  reweighed(pod: Candidate): void {
    this.leave(pod);
    this.join(pod);
  }

  counted(slot: number, count: number): void {
    const group = this.#classOf[slot]!;
    group.buckets.move(slot, count);
    this.#reorder(group);
  }

  select(): number | undefined {
    return this.#order.first()?.buckets.first();
  }

  explain(): StrategyReason {
    return { reason: "the fewest requests in flight per weight of all", considered: [] };
  }

  #rank(group: WeightClass): void {
    this.#order.add(group, group.cost);
    for (const other of this.#byWeight.values()) this.#reorder(other);
  }

  #retire(group: WeightClass): void {
    this.#order.remove(group);
    this.#byWeight.delete(group.weight);
    this.#freeSlots.push(group.slot);
  }

  #reorder(group: WeightClass): void {
    // One class alone needs no order, and computing its cost would box a double; `join` makes up for it.
    if (this.#order.size === 1) return;
    const { cost } = group;
    if (cost !== this.#order.value(group)) this.#order.change(group, cost);
  }
}
