import type { Candidate } from "./strategy.ts";

/** The joined pods as a dense array: join, leave and access by position in O(1). The order is not kept. */
export class Roster {
  readonly pods: Candidate[] = [];
  readonly #positions: number[] = [];

  /** Where in `pods` the pod is; -1 where it is not. */
  position(pod: Candidate): number {
    return this.#positions[pod.slot] ?? -1;
  }

  add(pod: Candidate): void {
    while (this.#positions.length <= pod.slot) this.#positions.push(-1);
    this.#positions[pod.slot] = this.pods.push(pod) - 1;
  }

  remove(pod: Candidate): void {
    const position = this.#positions[pod.slot]!;
    const last = this.pods.pop()!;
    if (last !== pod) {
      this.pods[position] = last;
      this.#positions[last.slot] = position;
    }
    this.#positions[pod.slot] = -1;
  }
}
