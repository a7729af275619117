import type { AdaptiveReport } from "../types.ts";

/**
 * An eviction policy over the slots of an entry table. It links every entry into the table's lists, and when it is
 * handed over to another policy, all entries are in list 0, cold to hot. It never frees a slot itself.
 */
export interface Policy {
  /** Follows the table's arrays. Called before a slot beyond the present length is used. */
  grow(allocated: number): void;
  /** Reads that found an entry, oldest first. */
  hit(slots: Uint32Array, count: number): void;
  /** A new entry. There is room for it already. */
  insert(slot: number): void;
  /** An entry got a new value. */
  update(slot: number): void;
  /** Chooses the entry that has to leave next, and unlinks it. Only called while the table holds an entry. */
  evict(): number;
  /** Unlinks an entry that leaves, for whatever reason. */
  remove(slot: number): void;
  /** Slots in the order in which they would leave, the first to leave first. */
  order(): Iterable<number>;
  /** The table was emptied. */
  reset(): void;
  /** Follows a new maximum; entries leave through `victim` later. */
  resize(maxSize: number): void;
  /** What it adapted to, if it adapts. */
  report?(): AdaptiveReport | undefined;
  /** Puts every entry into list 0, for the next policy. */
  handOver(): void;
}
