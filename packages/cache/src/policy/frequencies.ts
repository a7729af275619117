import { resized } from "../entries/slot-lists.ts";
import { FrequencySketch, MAX_FREQUENCY } from "./frequency-sketch.ts";

/** The sketch has room for so many at once (32 kB); for larger caches it grows with the entries. */
const EAGER_SKETCH_ENTRIES = 4096;

/** Uses between two halvings, per entry (the sample size of the TinyLFU paper). */
const USES_PER_ENTRY = 10;

const MIN_USES = 2560;

/** Uses between two halvings. */
export const usesPerHalving = (entries: number): number => Math.max(USES_PER_ENTRY * entries, MIN_USES);

/** Uses that still count after a halving, as in Caffeine: half of them, less what was rounded down. */
export const usesAfterHalving = (uses: number, roundedDown: number): number => Math.max(0, uses / 2 - roundedDown);

/** Bits of a slot's count; another tells that it was raised since the sketch was told. */
const COUNT = 15;
const RAISED = 16;

/**
 * How often keys were used lately, 0 to 15, halved again and again. The sketch is told when an entry comes, and when one
 * leaves that was used meanwhile; between, uses are counted by slot, exactly and without touching it.
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
    return this.#counts[slot]! & COUNT;
  }

  /** Counts a use of an entry. */
  use(slot: number): void {
    const count = this.#counts[slot]! & COUNT;
    if (count === MAX_FREQUENCY) return;
    this.#counts[slot] = (count + 1) | RAISED;
    if (++this.#uses >= this.#usesPerHalving) this.#halve();
  }

  /** Counts the use that made an entry, and those before it that are remembered. */
  enter(slot: number, hash: number): void {
    this.#counts[slot] = this.#sketch.add(hash);
    if (++this.#uses >= this.#usesPerHalving) this.#halve();
  }

  /** Remembers a key whose entry leaves. */
  leave(slot: number, hash: number): void {
    const count = this.#counts[slot]!;
    if (count > RAISED) this.#sketch.raise(hash, count & COUNT);
  }

  #halve(): void {
    this.#uses = usesAfterHalving(this.#uses, this.#sketch.halve());
    const counts = this.#counts;
    for (let slot = 0; slot < counts.length; slot++)
      counts[slot] = (counts[slot]! & RAISED) | ((counts[slot]! & COUNT) >>> 1);
    this.#onHalving();
  }
}
