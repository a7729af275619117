import type { SlotLists } from "../entries/slot-lists.ts";
import type { Policy } from "./policy.ts";

const RECENCY = 0;

/** Exact least recently used: one list, reads and writes move an entry to its hot end. */
export class Lru implements Policy {
  readonly #lists: SlotLists;

  constructor(lists: SlotLists) {
    this.#lists = lists;
  }

  hit(slots: Uint32Array, count: number): void {
    const { next, prev } = this.#lists;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const after = next[slot]!;
      const before = prev[slot]!;
      next[before] = after;
      prev[after] = before;
      const first = next[RECENCY]!;
      next[slot] = first;
      prev[slot] = RECENCY;
      prev[first] = slot;
      next[RECENCY] = slot;
    }
  }

  insert(slot: number): void {
    this.#lists.linkFirst(RECENCY, slot);
  }

  update(slot: number): void {
    this.#lists.unlink(slot);
    this.#lists.linkFirst(RECENCY, slot);
  }

  evict(): number {
    const slot = this.#lists.prev[RECENCY]!;
    this.#lists.unlink(slot);
    return slot;
  }

  remove(slot: number): void {
    this.#lists.unlink(slot);
  }

  order(): Iterable<number> {
    return this.#lists.coldToHot(RECENCY);
  }

  grow(): void {}
  reset(): void {}
  resize(): void {}
  handOver(): void {}
}
