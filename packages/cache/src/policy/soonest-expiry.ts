import type { EntryTable } from "../entries/entry-table.ts";
import type { Lifetimes } from "../entries/lifetimes.ts";
import { resized } from "../entries/slot-lists.ts";
import type { Policy } from "./policy.ts";

const WRITTEN = 0;

/** Entries put into the heap per insertion or eviction while it is being built after a change of strategy. */
const BUILD_BATCH = 32;

/**
 * The soonest to expire leaves first; among equals, and among entries that never expire, the one written first.
 * A binary heap over the slots: O(log n), and O(1) for an insertion that expires last, as with one TTL for all.
 */
export class SoonestExpiry implements Policy {
  readonly #table: EntryTable<unknown, unknown>;
  readonly #lifetimes: Lifetimes;
  #heap: Uint32Array;
  #heapSize = 0;
  /** Place of a slot in the heap plus one; 0 while it is not in the heap. */
  #place: Uint32Array;
  /** When a slot's entry expires, as far as the heap knows: the one array that its order depends on. */
  #untilMs: Float64Array;
  /** Number of the write that made the entry. */
  #written: Float64Array;
  #writes: number;
  #built = 0;
  /** Where in the list of writes the building of the heap goes on; `WRITTEN` once it is complete. */
  #unbuilt: number;

  constructor(table: EntryTable<unknown, unknown>, lifetimes: Lifetimes) {
    this.#table = table;
    this.#lifetimes = lifetimes;
    this.#heap = new Uint32Array(table.allocated);
    this.#place = new Uint32Array(table.allocated);
    this.#written = new Float64Array(table.allocated);
    this.#untilMs = new Float64Array(table.allocated);
    // Entries that are there already were written before all that come.
    this.#writes = table.size;
    this.#unbuilt = table.lists.prev[WRITTEN]!;
    this.#build(BUILD_BATCH);
  }

  grow(allocated: number): void {
    this.#heap = resized(this.#heap, allocated);
    this.#place = resized(this.#place, allocated);
    this.#written = resized(this.#written, allocated);
    this.#untilMs = resized(this.#untilMs, allocated);
  }

  insert(slot: number): void {
    this.#build(BUILD_BATCH);
    this.#table.lists.linkFirst(WRITTEN, slot);
    this.#push(slot, ++this.#writes);
  }

  update(slot: number): void {
    this.remove(slot);
    this.insert(slot);
  }

  /** A read makes an entry with an idle time expire later. */
  hit(slots: Uint32Array, count: number): void {
    const { freshUntilMs } = this.#lifetimes;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (this.#place[slot] === 0 || this.#untilMs[slot] === freshUntilMs[slot]) continue;
      this.#untilMs[slot] = freshUntilMs[slot]!;
      this.#siftDown(this.#place[slot]! - 1, slot);
    }
  }

  evict(): number {
    this.#build(BUILD_BATCH);
    const slot = this.#heap[0]!;
    this.remove(slot);
    return slot;
  }

  remove(slot: number): void {
    if (slot === this.#unbuilt) this.#unbuilt = this.#table.lists.prev[slot]!;
    this.#table.lists.unlink(slot);
    const place = this.#place[slot]!;
    if (place === 0) return;
    this.#place[slot] = 0;
    const last = this.#heap[--this.#heapSize]!;
    if (last === slot) return;
    this.#siftUp(place - 1, last);
    this.#siftDown(this.#place[last]! - 1, last);
  }

  order(): Iterable<number> {
    this.#build(Number.POSITIVE_INFINITY);
    return this.#heap.slice(0, this.#heapSize).sort((a, b) => (this.#isSooner(a, b) ? -1 : 1));
  }

  reset(): void {
    const { allocated } = this.#table;
    this.#heap = new Uint32Array(allocated);
    this.#place = new Uint32Array(allocated);
    this.#written = new Float64Array(allocated);
    this.#untilMs = new Float64Array(allocated);
    this.#heapSize = 0;
    this.#unbuilt = WRITTEN;
  }

  resize(): void {}
  handOver(): void {}

  #build(batch: number): void {
    for (let i = 0; i < batch && this.#unbuilt !== WRITTEN; i++) {
      const slot = this.#unbuilt;
      this.#unbuilt = this.#table.lists.prev[slot]!;
      this.#push(slot, ++this.#built);
    }
  }

  #push(slot: number, written: number): void {
    this.#written[slot] = written;
    this.#untilMs[slot] = this.#lifetimes.freshUntilMs[slot]!;
    this.#siftUp(this.#heapSize++, slot);
  }

  #isSooner(a: number, b: number): boolean {
    const aMs = this.#untilMs[a]!;
    const bMs = this.#untilMs[b]!;
    return aMs < bMs || (aMs === bMs && this.#written[a]! < this.#written[b]!);
  }

  #put(at: number, slot: number): void {
    this.#heap[at] = slot;
    this.#place[slot] = at + 1;
  }

  #siftUp(from: number, slot: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#heap[parent]!;
      if (!this.#isSooner(slot, above)) break;
      this.#put(at, above);
      at = parent;
    }
    this.#put(at, slot);
  }

  #siftDown(from: number, slot: number): void {
    let at = from;
    for (let child = 2 * at + 1; child < this.#heapSize; child = 2 * at + 1) {
      if (child + 1 < this.#heapSize && this.#isSooner(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      const below = this.#heap[child]!;
      if (!this.#isSooner(below, slot)) break;
      this.#put(at, below);
      at = child;
    }
    this.#put(at, slot);
  }
}
