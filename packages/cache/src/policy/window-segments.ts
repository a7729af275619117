import { resized, type SlotLists } from "../entries/slot-lists.ts";

const WINDOW = 0;
const PROBATION = 1;
const PROTECTED = 2;

/** Share of the main part that is kept for entries that were read again (segmented LRU, 20/80). */
const PROTECTED_SHARE = 0.8;

/** Entries moved per operation while the segments follow a new window: below a microsecond, so that a change never blocks. */
const MOVES_PER_OPERATION = 32;

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
  readonly #lists: SlotLists;
  readonly #random: () => number;
  #segment: Uint8Array;
  #maxWindow = 1;
  #maxProtected = 0;
  #windowSize: number;
  #protectedSize = 0;

  /** The `size` entries in list 0 are taken over into the window, and from there move on as operations come. */
  constructor(lists: SlotLists, size: number, random: () => number) {
    this.#lists = lists;
    this.#random = random;
    this.#segment = new Uint8Array(lists.next.length);
    this.#windowSize = size;
  }

  /** Must be called before anything else. */
  setWindow(share: number, maxSize: number): void {
    this.#maxWindow = Math.max(1, Math.round(maxSize * share));
    this.#maxProtected = Math.floor((maxSize - this.#maxWindow) * PROTECTED_SHARE);
  }

  grow(allocated: number): void {
    this.#segment = resized(this.#segment, allocated);
  }

  hit(slot: number): void {
    const lists = this.#lists;
    const segment = this.#segment[slot]!;
    lists.unlink(slot);
    if (segment !== PROBATION) {
      lists.linkFirst(segment, slot);
      return;
    }
    this.#segment[slot] = PROTECTED;
    lists.linkFirst(PROTECTED, slot);
    this.#protectedSize++;
    if (this.#protectedSize > this.#maxProtected) this.#demote();
  }

  insert(slot: number): void {
    this.#segment[slot] = WINDOW;
    this.#lists.linkFirst(WINDOW, slot);
    this.#windowSize++;
    if (this.#windowSize !== this.#maxWindow) this.#rebalance();
  }

  remove(slot: number): void {
    this.#lists.unlink(slot);
    const segment = this.#segment[slot]!;
    if (segment === WINDOW) this.#windowSize--;
    else if (segment === PROTECTED) this.#protectedSize--;
  }

  /** The entry of the main part that would leave next; 0 if there is none. */
  resident(): number {
    const { prev } = this.#lists;
    const slot = prev[PROBATION]!;
    if (slot !== PROBATION) return slot;
    const last = prev[PROTECTED]!;
    return last === PROTECTED ? 0 : last;
  }

  /** The entry of a full window that has to compete with the resident; 0 if there is no competition. */
  candidate(): number {
    return this.#windowSize >= this.#maxWindow ? this.#lists.prev[WINDOW]! : 0;
  }

  /** Lets the candidate on probation if it was used more often than the resident; returns the one that has to leave. */
  compete(candidate: number, resident: number, candidateFrequency: number, residentFrequency: number): number {
    const admitted =
      candidateFrequency > residentFrequency ||
      (candidateFrequency >= WARM_FREQUENCY && this.#random() * WARM_ODDS < 1);
    if (!admitted) return candidate;
    this.#moveToProbation(candidate);
    return resident;
  }

  *order(): Generator<number> {
    for (const list of [PROBATION, WINDOW, PROTECTED]) yield* this.#lists.coldToHot(list);
  }

  reset(): void {
    this.#segment = new Uint8Array(this.#lists.next.length);
    this.#windowSize = 0;
    this.#protectedSize = 0;
  }

  /** Joins the lists into the window's, its entries the hottest, those on probation the coldest. */
  handOver(): void {
    this.#lists.append(WINDOW, PROTECTED);
    this.#lists.append(WINDOW, PROBATION);
  }

  #moveToProbation(slot: number): void {
    this.#lists.unlink(slot);
    this.#lists.linkFirst(PROBATION, slot);
    this.#segment[slot] = PROBATION;
    this.#windowSize--;
  }

  #demote(): void {
    const slot = this.#lists.prev[PROTECTED]!;
    this.#lists.unlink(slot);
    this.#lists.linkFirst(PROBATION, slot);
    this.#segment[slot] = PROBATION;
    this.#protectedSize--;
  }

  /** Brings the segments a few entries closer to their sizes. */
  #rebalance(): void {
    const { prev } = this.#lists;
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
    this.#lists.unlink(slot);
    this.#lists.linkLast(WINDOW, slot);
    this.#segment[slot] = WINDOW;
    this.#windowSize++;
  }
}
