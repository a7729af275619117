import type { Candidate, Strategy, StrategyReason } from "./strategy.ts";

const NONE = -1;

/**
 * One after the other, exactly. The joined pods form a ring of slots, so joining and leaving is O(1) and a pod that comes
 * back (no longer full, no longer ejected) is the last of the running round: never twice, never before the others.
 */
export class RoundRobin implements Strategy {
  readonly #next: number[] = [];
  readonly #previous: number[] = [];
  #head = NONE;

  join({ slot }: Candidate): void {
    while (this.#next.length <= slot) {
      this.#next.push(NONE);
      this.#previous.push(NONE);
    }
    if (this.#head === NONE) {
      this.#head = slot;
      this.#next[slot] = slot;
      this.#previous[slot] = slot;
      return;
    }
    const tail = this.#previous[this.#head]!;
    this.#next[tail] = slot;
    this.#previous[slot] = tail;
    this.#next[slot] = this.#head;
    this.#previous[this.#head] = slot;
  }

  leave({ slot }: Candidate): void {
    const next = this.#next[slot]!;
    const previous = this.#previous[slot]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    if (this.#head === slot) this.#head = next === slot ? NONE : next;
  }

  select(): number | undefined {
    const head = this.#head;
    if (head === NONE) return undefined;
    this.#head = this.#next[head]!;
    return head;
  }

  explain(): StrategyReason {
    return { reason: "its turn in the round", considered: [] };
  }
}
