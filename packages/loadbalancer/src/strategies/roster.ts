import type { Candidate, ConsideredPod } from "./strategy.ts";

/** The joined pods as a dense array of slots: join, leave and access by position in O(1). The order is not kept. */
export class Roster {
  /** Slots by position; the first `size` of them. */
  slots: Int32Array = new Int32Array(16);
  size = 0;
  readonly #pods: (Candidate | undefined)[] = [];
  readonly #positions: number[] = [];

  /** The joined pod of a slot. */
  at(slot: number): Candidate | undefined {
    return this.#pods[slot];
  }

  add(pod: Candidate): void {
    if (this.size === this.slots.length) this.#grow();
    while (this.#pods.length <= pod.slot) {
      this.#pods.push(undefined);
      this.#positions.push(-1);
    }
    this.#pods[pod.slot] = pod;
    this.#positions[pod.slot] = this.size;
    this.slots[this.size++] = pod.slot;
  }

  remove(pod: Candidate): void {
    const position = this.#positions[pod.slot]!;
    const last = this.slots[--this.size]!;
    this.slots[position] = last;
    this.#positions[last] = position;
    this.#pods[pod.slot] = undefined;
  }

  /** The joined ones of the slots, each once, with their costs. */
  considered(slots: readonly number[], cost: (slot: number) => number): ConsideredPod[] {
    return [...new Set(slots)].flatMap((slot) => {
      const pod = this.#pods[slot];
      return pod === undefined ? [] : [{ podId: pod.podId, cost: cost(slot) }];
    });
  }

  #grow(): void {
    const grown = new Int32Array(2 * this.slots.length);
    grown.set(this.slots);
    this.slots = grown;
  }
}
