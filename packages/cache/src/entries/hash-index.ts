import { resized } from "./slot-lists.ts";

const MIN_CELLS = 32;

/** Share of the cells in use above which there are twice as many, and below which `compact` makes fewer. */
const MAX_LOAD = 0.4;
const MIN_LOAD = 0.15;

/**
 * Slots found by 32-bit hash, each hash at most once: open addressing with linear probing over typed arrays. A look-up
 * takes about 1.3 steps; adding and removing take a third of what a Map needs.
 */
export class HashIndex {
  /** Hash of each slot, whether the index holds it or not. */
  hashes: Int32Array;
  #cells = new Uint32Array(MIN_CELLS);
  /** Bits of a hash that do not choose its cell. */
  #shift = 32 - Math.log2(MIN_CELLS);
  #size = 0;

  constructor(slots: number) {
    this.hashes = new Int32Array(slots);
  }

  /** Makes room for hashes of more slots. */
  grow(slots: number): void {
    this.hashes = resized(this.hashes, slots);
  }

  /** The slot with a hash, or 0. */
  find(hash: number): number {
    const cells = this.#cells;
    const hashes = this.hashes;
    const mask = cells.length - 1;
    for (let cell = this.#home(hash); ; cell = (cell + 1) & mask) {
      const slot = cells[cell]!;
      if (slot === 0 || hashes[slot] === hash) return slot;
    }
  }

  /** Adds a slot by its hash; returns false, and adds nothing, if another slot with that hash is there. */
  add(slot: number): boolean {
    if (this.#size > MAX_LOAD * this.#cells.length) this.#rebuild(this.#cells.length * 2);
    const cells = this.#cells;
    const hashes = this.hashes;
    const mask = cells.length - 1;
    const hash = hashes[slot]!;
    let cell = this.#home(hash);
    for (; cells[cell] !== 0; cell = (cell + 1) & mask) if (hashes[cells[cell]!] === hash) return false;
    cells[cell] = slot;
    this.#size++;
    return true;
  }

  has(slot: number): boolean {
    return this.find(this.hashes[slot]!) === slot;
  }

  /**
   * Removes a slot; returns false if it was not there. Later cells of the run move back into the gap (Knuth 6.4,
   * algorithm R), so no tombstones remain.
   */
  remove(slot: number): boolean {
    const cells = this.#cells;
    const hashes = this.hashes;
    const mask = cells.length - 1;
    let gap = this.#home(hashes[slot]!);
    for (; cells[gap] !== slot; gap = (gap + 1) & mask) if (cells[gap] === 0) return false;
    for (let cell = (gap + 1) & mask; cells[cell] !== 0; cell = (cell + 1) & mask) {
      const home = this.#home(hashes[cells[cell]!]!);
      if (((cell - home) & mask) < ((cell - gap) & mask)) continue;
      cells[gap] = cells[cell]!;
      gap = cell;
    }
    cells[gap] = 0;
    this.#size--;
    return true;
  }

  /** Gives memory back where many slots were removed, in one step however many they were. */
  compact(): void {
    let { length } = this.#cells;
    while (length > MIN_CELLS && this.#size < MIN_LOAD * length) length /= 2;
    if (length < this.#cells.length) this.#rebuild(length);
  }

  /** Slots come in the order of their homes, so memory is written in order; all have different hashes. */
  #rebuild(length: number): void {
    const before = this.#cells;
    const cells = new Uint32Array(length);
    const hashes = this.hashes;
    const mask = length - 1;
    this.#cells = cells;
    this.#shift = 32 - Math.log2(length);
    for (let at = 0; at < before.length; at++) {
      const slot = before[at]!;
      if (slot === 0) continue;
      let cell = this.#home(hashes[slot]!);
      while (cells[cell] !== 0) cell = (cell + 1) & mask;
      cells[cell] = slot;
    }
  }

  #home(hash: number): number {
    return Math.imul(hash, 0x9e3779b1) >>> this.#shift;
  }
}
