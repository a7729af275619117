import { SlotLists } from "../entries/slot-lists.ts";
import type { FrequencySketch } from "./frequency-sketch.ts";
import { HashIndex } from "./hash-index.ts";
import { WindowSegments } from "./window-segments.ts";

/** Size and window of one shadow. */
export interface ShadowShape {
  readonly maxSize: number;
  readonly windowShare: number;
}

/**
 * Up to eight W-TinyLFU caches that hold only hashes of keys, to count the hits that each would have had. They share one
 * index over all keys that any of them holds, and the sketch of the cache that they shadow.
 */
export class ShadowCaches {
  /** Hits of each shadow. */
  readonly hits: Float64Array;
  readonly #shapes: readonly ShadowShape[];
  readonly #index: HashIndex;
  readonly #segments: readonly WindowSegments[];
  readonly #sizes: Uint32Array;
  /** One bit for each shadow that holds the slot's key. */
  readonly #holders: Uint8Array;

  constructor(shapes: readonly ShadowShape[], random: () => number) {
    const capacity = shapes.reduce((sum, shape) => sum + shape.maxSize, 1);
    this.hits = new Float64Array(shapes.length);
    this.#shapes = shapes;
    this.#index = new HashIndex(capacity);
    this.#holders = new Uint8Array(this.#index.hashes.length);
    this.#sizes = new Uint32Array(shapes.length);
    this.#segments = shapes.map(({ maxSize, windowShare }) => {
      const segments = new WindowSegments(new SlotLists(this.#holders.length), 0, random);
      segments.setWindow(windowShare, maxSize);
      return segments;
    });
  }

  /** A request for a key, as each shadow would have answered it. */
  access(hash: number, sketch: FrequencySketch): void {
    const slot = this.#index.find(hash) || this.#index.add(hash);
    for (let shadow = 0; shadow < this.#segments.length; shadow++) {
      if ((this.#holders[slot]! & (1 << shadow)) === 0) this.#insert(shadow, slot, sketch);
      else {
        this.#segments[shadow]!.hit(slot);
        this.hits[shadow]!++;
      }
    }
  }

  #insert(shadow: number, slot: number, sketch: FrequencySketch): void {
    const segments = this.#segments[shadow]!;
    if (this.#sizes[shadow]! < this.#shapes[shadow]!.maxSize) this.#sizes[shadow]!++;
    else {
      const victim = this.#evict(segments, sketch);
      this.#holders[victim]! &= ~(1 << shadow);
      if (this.#holders[victim] === 0) this.#index.remove(victim);
    }
    this.#holders[slot]! |= 1 << shadow;
    segments.insert(slot);
  }

  #evict(segments: WindowSegments, sketch: FrequencySketch): number {
    const candidate = segments.candidate();
    const resident = segments.resident();
    if (candidate !== 0 && resident !== 0)
      return segments.evict(
        candidate,
        resident,
        sketch.frequency(this.#index.hashes[candidate]!),
        sketch.frequency(this.#index.hashes[resident]!),
      );
    segments.remove(candidate || resident);
    return candidate || resident;
  }
}
