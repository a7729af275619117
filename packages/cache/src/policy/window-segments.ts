import { type EntryTable, resized } from "../entries/entry-table.ts";
import type { FrequencySketch } from "./frequency-sketch.ts";

const WINDOW = 0;
const PROBATION = 1;
const PROTECTED = 2;

/** Share of the main part that is kept for entries that were read again (segmented LRU, 20/80). */
const PROTECTED_SHARE = 0.8;

/** Entries moved per operation while the segments follow a new window, so that a change never blocks. */
const MOVES_PER_OPERATION = 8;

/**
 * A newcomer that lost although it was seen this often is let in by chance, 1 in 128. Without it, somebody who knows
 * keys that collide with an entry nobody uses could keep everything else out.
 */
const WARM_FREQUENCY = 6;
const WARM_ODDS = 128;

/**
 * The three lists of W-TinyLFU: newcomers wait in the window; from its cold end they go on probation if the sketch has
 * seen them more often than the entry there that would leave; read again, they are protected.
 */
export class WindowSegments {
  readonly #table: EntryTable<unknown, unknown>;
  readonly #random: () => number;
  #segment: Uint8Array;
  hashes: Int32Array;
  #maxWindow = 1;
  #maxProtected = 0;
  #windowSize: number;
  #protectedSize = 0;

  /** Entries that are in the table already are taken over into the window, and from there move on as operations come. */
  constructor(table: EntryTable<unknown, unknown>, maxSize: number, windowShare: number, random: () => number) {
    this.#table = table;
    this.#random = random;
    this.#segment = new Uint8Array(table.allocated);
    this.hashes = new Int32Array(table.allocated);
    this.#windowSize = table.size;
    this.setWindow(windowShare, maxSize);
  }

  setWindow(share: number, maxSize: number): void {
    this.#maxWindow = Math.max(1, Math.round(maxSize * share));
    this.#maxProtected = Math.floor((maxSize - this.#maxWindow) * PROTECTED_SHARE);
  }

  grow(allocated: number): void {
    this.#segment = resized(this.#segment, allocated);
    this.hashes = resized(this.hashes, allocated);
  }

  hit(slot: number): void {
    const table = this.#table;
    const segment = this.#segment[slot]!;
    table.unlink(slot);
    if (segment !== PROBATION) {
      table.linkFirst(segment, slot);
      return;
    }
    this.#segment[slot] = PROTECTED;
    table.linkFirst(PROTECTED, slot);
    this.#protectedSize++;
    if (this.#protectedSize > this.#maxProtected) this.#demote();
  }

  insert(slot: number, hash: number): void {
    this.hashes[slot] = hash;
    this.#segment[slot] = WINDOW;
    this.#table.linkFirst(WINDOW, slot);
    this.#windowSize++;
    if (this.#windowSize !== this.#maxWindow) this.#rebalance();
  }

  remove(slot: number): void {
    this.#table.unlink(slot);
    const segment = this.#segment[slot]!;
    if (segment === WINDOW) this.#windowSize--;
    else if (segment === PROTECTED) this.#protectedSize--;
  }

  /** The coldest of the main part; or, if the window is full and its coldest entry does not deserve that place, that one. */
  victim(sketch: FrequencySketch): number {
    const { prev } = this.#table;
    const candidate = prev[WINDOW]!;
    let resident = prev[PROBATION]!;
    if (resident === PROBATION) resident = prev[PROTECTED]!;
    if (resident === PROTECTED) return candidate;
    if (candidate === WINDOW || this.#windowSize < this.#maxWindow) return resident;
    if (!this.#admits(sketch, candidate, resident)) return candidate;
    this.#moveToProbation(candidate);
    return resident;
  }

  *order(): Generator<number> {
    for (const list of [PROBATION, WINDOW, PROTECTED]) yield* this.#table.coldToHot(list);
  }

  reset(): void {
    this.#segment = new Uint8Array(this.#table.allocated);
    this.hashes = new Int32Array(this.#table.allocated);
    this.#windowSize = 0;
    this.#protectedSize = 0;
  }

  /** Joins the lists into the window's, its entries the hottest, those on probation the coldest. */
  handOver(): void {
    this.#table.append(WINDOW, PROTECTED);
    this.#table.append(WINDOW, PROBATION);
  }

  #admits(sketch: FrequencySketch, candidate: number, resident: number): boolean {
    const frequency = sketch.frequency(this.hashes[candidate]!);
    if (frequency > sketch.frequency(this.hashes[resident]!)) return true;
    return frequency >= WARM_FREQUENCY && this.#random() * WARM_ODDS < 1;
  }

  #moveToProbation(slot: number): void {
    this.#table.unlink(slot);
    this.#table.linkFirst(PROBATION, slot);
    this.#segment[slot] = PROBATION;
    this.#windowSize--;
  }

  #demote(): void {
    const slot = this.#table.prev[PROTECTED]!;
    this.#table.unlink(slot);
    this.#table.linkFirst(PROBATION, slot);
    this.#segment[slot] = PROBATION;
    this.#protectedSize--;
  }

  /** Brings the segments a few entries closer to their sizes. */
  #rebalance(): void {
    const { prev } = this.#table;
    for (let moves = 0; moves < MOVES_PER_OPERATION; moves++) {
      if (this.#windowSize > this.#maxWindow) this.#moveToProbation(prev[WINDOW]!);
      else if (this.#protectedSize > this.#maxProtected) this.#demote();
      else if (this.#windowSize < this.#maxWindow && prev[PROBATION] !== PROBATION)
        this.#moveToWindow(prev[PROBATION]!);
      else return;
    }
  }

  /** To the cold end: it is the next that has to prove its worth. */
  #moveToWindow(slot: number): void {
    this.#table.unlink(slot);
    this.#table.linkLast(WINDOW, slot);
    this.#segment[slot] = WINDOW;
    this.#windowSize++;
  }
}
