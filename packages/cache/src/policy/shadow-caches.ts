import { HashIndex } from "../entries/hash-index.ts";
import { FIRST_SLOT, SlotLists } from "../entries/slot-lists.ts";
import { WindowSegments } from "./window-segments.ts";

/** Size and window of one shadow. */
export interface ShadowShape {
  readonly maxSize: number;
  readonly windowShare: number;
}

/** Told of a key that no shadow holds any longer, and of how often it was used. */
export type LeaveListener = (hash: number, frequency: number) => void;

/**
 * Up to eight W-TinyLFU caches that hold only hashes of keys, to count the hits that each would have had. They share one
 * index over all keys that any of them holds; how often a key was used is told with each request.
 */
export class ShadowCaches {
  /** Hits of each shadow. */
  readonly hits: Float64Array;
  readonly #shapes: readonly ShadowShape[];
  readonly #index: HashIndex;
  readonly #free: Uint32Array;
  #freeCount: number;
  readonly #segments: readonly WindowSegments[];
  readonly #sizes: Uint32Array;
  /** One bit for each shadow that holds the slot's key. */
  readonly #holders: Uint8Array;
  readonly #frequencies: Uint8Array;
  readonly #onLeave: LeaveListener | undefined;

  constructor(shapes: readonly ShadowShape[], random: () => number, onLeave: LeaveListener | undefined) {
    const capacity = shapes.reduce((sum, shape) => sum + shape.maxSize, 1);
    this.hits = new Float64Array(shapes.length);
    this.#shapes = shapes;
    this.#onLeave = onLeave;
    const slots = FIRST_SLOT + capacity;
    this.#index = new HashIndex(slots);
    this.#free = Uint32Array.from({ length: capacity }, (_, i) => slots - 1 - i);
    this.#freeCount = capacity;
    this.#holders = new Uint8Array(slots);
    this.#frequencies = new Uint8Array(slots);
    this.#sizes = new Uint32Array(shapes.length);
    this.#segments = shapes.map(({ maxSize, windowShare }) => {
      const segments = new WindowSegments(new SlotLists(slots), 0, random);
      segments.setWindow(windowShare, maxSize);
      return segments;
    });
  }

  /** A request for a key, as each shadow would have answered it. */
  access(hash: number, frequency: number): void {
    const slot = this.#index.find(hash) || this.#claim(hash);
    this.#frequencies[slot] = frequency;
    for (let shadow = 0; shadow < this.#segments.length; shadow++) {
      if ((this.#holders[slot]! & (1 << shadow)) === 0) this.#insert(shadow, slot);
      else {
        this.#segments[shadow]!.hit(slot);
        this.hits[shadow]!++;
      }
    }
  }

  /** How often a key was used as of its last request; `undefined` if no shadow holds it. */
  frequencyOf(hash: number): number | undefined {
    const slot = this.#index.find(hash);
    return slot === 0 ? undefined : this.#frequencies[slot]!;
  }

  /** Follows a halving of the frequencies. */
  halve(): void {
    const frequencies = this.#frequencies;
    for (let slot = 0; slot < frequencies.length; slot++) frequencies[slot]! >>>= 1;
  }

  #claim(hash: number): number {
    const slot = this.#free[--this.#freeCount]!;
    this.#index.hashes[slot] = hash;
    this.#index.add(slot);
    return slot;
  }

  #release(slot: number): void {
    this.#onLeave?.(this.#index.hashes[slot]!, this.#frequencies[slot]!);
    this.#index.remove(slot);
    this.#free[this.#freeCount++] = slot;
  }

  #insert(shadow: number, slot: number): void {
    const segments = this.#segments[shadow]!;
    if (this.#sizes[shadow]! < this.#shapes[shadow]!.maxSize) this.#sizes[shadow]!++;
    else {
      const victim = this.#evict(segments);
      this.#holders[victim]! &= ~(1 << shadow);
      if (this.#holders[victim] === 0) this.#release(victim);
    }
    this.#holders[slot]! |= 1 << shadow;
    segments.insert(slot);
  }

  #evict(segments: WindowSegments): number {
    const candidate = segments.candidate();
    const resident = segments.resident();
    const frequencies = this.#frequencies;
    const slot =
      candidate !== 0 && resident !== 0
        ? segments.compete(candidate, resident, frequencies[candidate]!, frequencies[resident]!)
        : candidate || resident;
    segments.remove(slot);
    return slot;
  }
}
