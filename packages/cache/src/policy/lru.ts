import type { EntryTable } from "../entries/entry-table.ts";
import type { Policy } from "./policy.ts";

const RECENCY = 0;

/** Exact least recently used: one list, reads and writes move an entry to its hot end. */
export class Lru implements Policy {
  readonly #table: EntryTable<unknown, unknown>;

  constructor(table: EntryTable<unknown, unknown>) {
    this.#table = table;
  }

  hit(slots: Uint32Array, count: number): void {
    const { next, prev } = this.#table;
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
    this.#table.linkFirst(RECENCY, slot);
  }

  update(slot: number): void {
    this.#table.unlink(slot);
    this.#table.linkFirst(RECENCY, slot);
  }

  victim(): number {
    return this.#table.prev[RECENCY]!;
  }

  remove(slot: number): void {
    this.#table.unlink(slot);
  }

  order(): Iterable<number> {
    return this.#table.coldToHot(RECENCY);
  }

  grow(): void {}
  reset(): void {}
  resize(): void {}
  handOver(): void {}
}
