import { FIRST_SLOT } from "../entries/slot-lists.ts";

/**
 * Slots found by 32-bit hash: open addressing with linear probing over typed arrays, for keys that are hashes already.
 * At most half full, so a look-up takes about 1.5 steps.
 */
export class HashIndex {
  /** Hash of each slot. */
  readonly hashes: Int32Array;
  readonly #cells: Uint32Array;
  readonly #shift: number;
  readonly #free: Uint32Array;
  #freeCount: number;

  constructor(capacity: number) {
    const bits = Math.max(1, Math.ceil(Math.log2(capacity * 2)));
    this.#shift = 32 - bits;
    this.#cells = new Uint32Array(2 ** bits);
    this.hashes = new Int32Array(capacity + FIRST_SLOT);
    this.#free = Uint32Array.from({ length: capacity }, (_, i) => capacity + FIRST_SLOT - 1 - i);
    this.#freeCount = capacity;
  }

  /** The slot of a hash, or 0. */
  find(hash: number): number {
    const cells = this.#cells;
    const mask = cells.length - 1;
    for (let cell = this.#home(hash); ; cell = (cell + 1) & mask) {
      const slot = cells[cell]!;
      if (slot === 0 || this.hashes[slot] === hash) return slot;
    }
  }

  /** A slot for a hash that is not there. */
  add(hash: number): number {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let cell = this.#home(hash);
    while (cells[cell] !== 0) cell = (cell + 1) & mask;
    const slot = this.#free[--this.#freeCount]!;
    cells[cell] = slot;
    this.hashes[slot] = hash;
    return slot;
  }

  /** Closes the gap by moving later cells of the run back (Knuth 6.4, algorithm R), so no tombstones remain. */
  remove(slot: number): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let gap = this.#home(this.hashes[slot]!);
    while (cells[gap] !== slot) gap = (gap + 1) & mask;
    for (let cell = (gap + 1) & mask; cells[cell] !== 0; cell = (cell + 1) & mask) {
      const home = this.#home(this.hashes[cells[cell]!]!);
      if (((cell - home) & mask) < ((cell - gap) & mask)) continue;
      cells[gap] = cells[cell]!;
      gap = cell;
    }
    cells[gap] = 0;
    this.#free[this.#freeCount++] = slot;
  }

  #home(hash: number): number {
    return Math.imul(hash, 0x9e3779b1) >>> this.#shift;
  }
}
