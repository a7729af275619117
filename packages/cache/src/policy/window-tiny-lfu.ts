import type { EntryTable } from "../entries/entry-table.ts";
import { resized } from "../entries/slot-lists.ts";
import type { AdaptiveReport } from "../types.ts";
import { Frequencies } from "./frequencies.ts";
import type { Policy } from "./policy.ts";
import { WindowSegments } from "./window-segments.ts";
import type { WindowTuner } from "./window-tuner.ts";

/** The window of a cache that does not tune it, as in the TinyLFU paper. */
export const SMALL_WINDOW_SHARE = 0.01;

/**
 * W-TinyLFU: segmented LRU behind a small window, with admission by estimated frequency. With a tuner the window
 * follows the workload; without one it stays at 1 %.
 */
export class WindowTinyLfu implements Policy {
  readonly #table: EntryTable<unknown, unknown>;
  readonly #segments: WindowSegments;
  readonly #tuner: WindowTuner | undefined;
  readonly #frequencies: Frequencies;
  /** 0 where the tuner is known not to sample the slot's key: most hits look at this byte, and not at the key's hash. */
  #sampled: Uint8Array;
  #maxSize: number;
  #windowShare: number;

  constructor(table: EntryTable<unknown, unknown>, maxSize: number, random: () => number, tuner?: WindowTuner) {
    this.#table = table;
    this.#maxSize = maxSize;
    table.startHashing(random);
    this.#tuner = tuner;
    this.#windowShare = tuner?.windowShare ?? SMALL_WINDOW_SHARE;
    this.#segments = new WindowSegments(table.lists, table.size, random);
    this.#segments.setWindow(this.#windowShare, maxSize);
    this.#sampled = new Uint8Array(table.allocated).fill(1);
    this.#frequencies = new Frequencies(table.allocated, maxSize, () => tuner?.halve());
  }

  grow(allocated: number): void {
    this.#segments.grow(allocated);
    this.#frequencies.grow(allocated);
    this.#sampled = resized(this.#sampled, allocated);
  }

  /** A short loop for each part, so that what the loop needs stays in registers. */
  hit(slots: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) this.#segments.hit(slots[i]!);
    for (let i = 0; i < count; i++) this.#frequencies.use(slots[i]!);
    if (this.#tuner === undefined) return;
    for (let i = 0; i < count; i++) if (this.#sampled[slots[i]!] !== 0) this.#show(this.#tuner, slots[i]!);
    this.#follow(this.#tuner, count);
  }

  insert(slot: number): void {
    this.#segments.insert(slot);
    this.#frequencies.enter(slot, this.#table.hashOf(slot));
    this.#sampled[slot] = 1;
    this.#tell(slot);
  }

  update(slot: number): void {
    this.#segments.hit(slot);
    this.#frequencies.use(slot);
    this.#tell(slot);
  }

  evict(): number {
    const candidate = this.#segments.candidate();
    const resident = this.#segments.resident();
    const slot = candidate !== 0 && resident !== 0 ? this.#compete(candidate, resident) : candidate || resident;
    this.remove(slot);
    return slot;
  }

  remove(slot: number): void {
    this.#segments.remove(slot);
    this.#frequencies.leave(slot, this.#table.hashOf(slot));
  }

  order(): Iterable<number> {
    return this.#segments.order();
  }

  reset(): void {
    this.#segments.reset();
    this.#frequencies.reset(this.#table.allocated);
    this.#sampled = new Uint8Array(this.#table.allocated);
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

  /** The one that has to leave. */
  #compete(candidate: number, resident: number): number {
    return this.#segments.compete(candidate, resident, this.#frequencies.of(candidate), this.#frequencies.of(resident));
  }

  #tell(slot: number): void {
    if (this.#tuner === undefined) return;
    if (this.#sampled[slot] !== 0) this.#show(this.#tuner, slot);
    this.#follow(this.#tuner, 1);
  }

  #show(tuner: WindowTuner, slot: number): void {
    const hash = this.#table.hashOf(slot);
    if (tuner.samples(hash)) tuner.access(hash, this.#frequencies.of(slot));
    else this.#sampled[slot] = 0;
  }

  #follow(tuner: WindowTuner, requests: number): void {
    if (!tuner.count(requests)) return;
    this.#windowShare = tuner.windowShare;
    this.#segments.setWindow(this.#windowShare, this.#maxSize);
  }
}
