import type { EntryTable } from "../entries/entry-table.ts";
import { resized } from "../entries/slot-lists.ts";
import type { AdaptiveReport } from "../types.ts";
import { FrequencySketch } from "./frequency-sketch.ts";
import { KeyHasher } from "./key-hasher.ts";
import type { Policy } from "./policy.ts";
import { WindowSegments } from "./window-segments.ts";
import type { WindowTuner } from "./window-tuner.ts";

/** The window of a cache that does not tune it, as in the TinyLFU paper. */
export const SMALL_WINDOW_SHARE = 0.01;

/** The sketch has room for so many at once (32 kB); for larger caches it grows with the entries. */
const EAGER_SKETCH_ENTRIES = 4096;

/** Candidates that a resident meets with the same count, before it is looked up again: halvings must show. */
const MEETINGS_PER_COUNT = 16;

/**
 * W-TinyLFU: segmented LRU behind a small window, with admission by estimated frequency. With a tuner the window
 * follows the workload; without one it stays at 1 %.
 */
export class WindowTinyLfu implements Policy {
  readonly #table: EntryTable<unknown, unknown>;
  readonly #hasher: KeyHasher;
  readonly #segments: WindowSegments;
  readonly #tuner: WindowTuner | undefined;
  readonly #sketch: FrequencySketch;
  /** Hash of each slot's key, so that a hit never hashes; 0 until it is needed. */
  #hashes: Int32Array;
  #maxSize: number;
  #lastResident = 0;
  #lastFrequency = 0;
  #meetingsLeft = 0;
  #windowShare: number;

  constructor(table: EntryTable<unknown, unknown>, maxSize: number, random: () => number, tuner?: WindowTuner) {
    this.#table = table;
    this.#maxSize = maxSize;
    this.#hasher = new KeyHasher(random);
    this.#tuner = tuner;
    this.#windowShare = tuner?.windowShare ?? SMALL_WINDOW_SHARE;
    this.#hashes = new Int32Array(table.allocated);
    this.#segments = new WindowSegments(table.lists, table.size, random);
    this.#segments.setWindow(this.#windowShare, maxSize);
    this.#sketch = new FrequencySketch(Math.max(table.allocated, Math.min(maxSize, EAGER_SKETCH_ENTRIES)));
  }

  grow(allocated: number): void {
    this.#segments.grow(allocated);
    this.#hashes = resized(this.#hashes, allocated);
    this.#sketch.grow(Math.max(allocated, Math.min(this.#maxSize, EAGER_SKETCH_ENTRIES)));
  }

  hit(slots: Uint32Array, count: number): void {
    const segments = this.#segments;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      this.#count(this.#hashOf(slot));
      segments.hit(slot);
    }
  }

  insert(slot: number): void {
    const hash = this.#hasher.hash(this.#table.keys[slot]);
    this.#hashes[slot] = hash;
    this.#segments.insert(slot);
    this.#count(hash);
  }

  update(slot: number): void {
    this.#count(this.#hashOf(slot));
    this.#segments.hit(slot);
  }

  evict(): number {
    const candidate = this.#segments.candidate();
    const resident = this.#segments.resident();
    if (candidate !== 0 && resident !== 0)
      return this.#segments.evict(candidate, resident, this.#frequency(candidate), this.#residentFrequency(resident));
    this.#segments.remove(candidate || resident);
    return candidate || resident;
  }

  remove(slot: number): void {
    this.#segments.remove(slot);
  }

  order(): Iterable<number> {
    return this.#segments.order();
  }

  reset(): void {
    this.#segments.reset();
    this.#hashes = new Int32Array(this.#table.allocated);
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#segments.setWindow(this.#windowShare, maxSize);
  }

  report(): AdaptiveReport | undefined {
    return this.#tuner?.report();
  }

  handOver(): void {
    this.#segments.handOver();
  }

  /** Entries that another policy took in have no hash yet. */
  #hashOf(slot: number): number {
    const hashes = this.#hashes;
    if (hashes[slot] === 0) hashes[slot] = this.#hasher.hash(this.#table.keys[slot]);
    return hashes[slot]!;
  }

  /** During a scan the same resident meets many candidates; its count then hardly changes. */
  #residentFrequency(slot: number): number {
    if (slot !== this.#lastResident || --this.#meetingsLeft < 0) {
      this.#lastResident = slot;
      this.#lastFrequency = this.#frequency(slot);
      this.#meetingsLeft = MEETINGS_PER_COUNT;
    }
    return this.#lastFrequency;
  }

  #frequency(slot: number): number {
    return this.#sketch.frequency(this.#hashOf(slot));
  }

  #count(hash: number): void {
    this.#sketch.increment(hash);
    const share = this.#tuner?.record(hash, this.#sketch);
    if (share === undefined) return;
    this.#windowShare = share;
    this.#segments.setWindow(share, this.#maxSize);
  }
}
