import { resized } from "../entries/slot-lists.ts";
import { FrequencySketch, MAX_FREQUENCY } from "./frequency-sketch.ts";

/** The sketch has room for so many at once (32 kB); for larger caches it grows with the entries. */
const EAGER_SKETCH_ENTRIES = 4096;

/** Uses between two halvings, per entry (the sample size of the TinyLFU paper). */
const USES_PER_ENTRY = 10;

const MIN_USES = 2560;

/** Uses between two halvings. */
export const usesPerHalving = (entries: number): number => Math.max(USES_PER_ENTRY * entries, MIN_USES);

/** Uses still counted after a halving, which rounds each count down (as Caffeine's sketch reckons, since 2.0). */
export const usesAfterHalving = (uses: number, rounding: number): number => Math.max(0, uses / 2 - rounding);

/**
 * How often keys were used lately, 0 to 15, halved again and again. Entries are counted by slot, exactly and without
 * touching the sketch, which remembers those that left.
 */
export class Frequencies {
  readonly #sketch: FrequencySketch;
  readonly #eagerEntries: number;
  readonly #onHalving: () => void;
  #counts: Uint8Array;
  #usesPerHalving = 0;
  #uses = 0;

  constructor(allocated: number, maxSize: number, onHalving: () => void) {
    this.#eagerEntries = Math.min(maxSize, EAGER_SKETCH_ENTRIES);
    this.#onHalving = onHalving;
    this.#counts = new Uint8Array(allocated);
    this.#sketch = new FrequencySketch(0);
    this.grow(allocated);
  }

  grow(allocated: number): void {
    const entries = Math.max(allocated, this.#eagerEntries);
    this.#counts = resized(this.#counts, allocated);
    this.#sketch.grow(entries);
    this.#usesPerHalving = usesPerHalving(entries);
  }

  /** Forgets the slots; what the sketch knows of keys stays. */
  reset(allocated: number): void {
    this.#counts = new Uint8Array(allocated);
  }

  /** Uses of the entry in a slot, those before it came included. */
  of(slot: number): number {
    return this.#counts[slot]!;
  }

  /** Counts a use of an entry, and returns how many there are now. */
  use(slot: number): number {
    const count = this.#counts[slot]!;
    if (count === MAX_FREQUENCY) return count;
    this.#counts[slot] = count + 1;
    if (++this.#uses >= this.#usesPerHalving) this.#halve();
    return count + 1;
  }

  /** Starts to count by slot, from what is remembered of the key. */
  enter(slot: number, hash: number): number {
    this.#counts[slot] = this.#sketch.frequency(hash);
    return this.use(slot);
  }

  /** Remembers a key whose entry leaves. */
  leave(slot: number, hash: number): void {
    this.#sketch.raise(hash, this.#counts[slot]!);
  }

  #halve(): void {
    this.#uses = usesAfterHalving(this.#uses, this.#sketch.halve());
    halveCounts(this.#counts);
    this.#onHalving();
  }
}

/** Makes old uses weigh half. */
export const halveCounts = (counts: Uint8Array): void => {
  for (let at = 0; at < counts.length; at++) counts[at]! >>>= 1;
};
