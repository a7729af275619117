/** Counters an entry: 8 bytes an entry, the knee of the accuracy measured on real traces. */
const COUNTERS_PER_ENTRY = 16;

const WORDS_PER_BLOCK = 16;
const COUNTERS_PER_WORD = 8;
const COUNTERS_PER_KEY = 4;

const ONE_IN_EACH = 0x11111111;
const SEVEN_IN_EACH = 0x77777777;

/** The most that a counter can tell. */
export const MAX_FREQUENCY = 15;

/**
 * How often keys were seen: a count-min sketch of 4-bit counters, with conservative update.
 *
 * The four counters of a key lie in one block of 64 bytes, so a look-up costs one cache line. Source: G. Einziger,
 * R. Friedman, B. Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM ToS 2017.
 */
export class FrequencySketch {
  #words = new Int32Array(WORDS_PER_BLOCK);
  #blockMask = 0;
  #isEmpty = true;

  constructor(entries: number) {
    this.grow(entries);
  }

  /** Makes room for more entries. The counts stay: a longer table starts as copies of the shorter one. */
  grow(entries: number): void {
    const before = this.#words;
    const counters = 2 ** Math.ceil(Math.log2(Math.max(entries, 8))) * COUNTERS_PER_ENTRY;
    const words = new Int32Array(Math.max(before.length, counters / COUNTERS_PER_WORD));
    if (!this.#isEmpty) for (let at = 0; at < words.length; at += before.length) words.set(before, at);
    this.#words = words;
    this.#blockMask = words.length / WORDS_PER_BLOCK - 1;
  }

  /** The highest count that a key with this hash was raised to, 0 to 15; too high where keys collide, never too low. */
  frequency(hash: number): number {
    const words = this.#words;
    const row = (hash & this.#blockMask) * WORDS_PER_BLOCK;
    const picks = pickCounters(hash);
    const a = countIn(words[row + (picks & 3)]!, picks);
    const b = countIn(words[row + 4 + ((picks >>> 8) & 3)]!, picks >>> 8);
    const c = countIn(words[row + 8 + ((picks >>> 16) & 3)]!, picks >>> 16);
    const d = countIn(words[row + 12 + ((picks >>> 24) & 3)]!, picks >>> 24);
    return Math.min(a, b, c, d);
  }

  /** Makes the count of a key at least this, 0 to 15. */
  raise(hash: number, count: number): void {
    const row = (hash & this.#blockMask) * WORDS_PER_BLOCK;
    const picks = pickCounters(hash);
    this.#isEmpty = false;
    this.#raiseCounter(row + (picks & 3), picks, count);
    this.#raiseCounter(row + 4 + ((picks >>> 8) & 3), picks >>> 8, count);
    this.#raiseCounter(row + 8 + ((picks >>> 16) & 3), picks >>> 16, count);
    this.#raiseCounter(row + 12 + ((picks >>> 24) & 3), picks >>> 24, count);
  }

  /** Makes old uses weigh half; returns how many uses the rounding down took away. */
  halve(): number {
    const words = this.#words;
    let odd = 0;
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      // The product sums the eight lowest bits up in its highest nibble.
      odd += Math.imul(word & ONE_IN_EACH, ONE_IN_EACH) >>> 28;
      words[at] = (word >>> 1) & SEVEN_IN_EACH;
    }
    return odd / COUNTERS_PER_KEY;
  }

  #raiseCounter(at: number, pick: number, count: number): void {
    const word = this.#words[at]!;
    const missing = count - countIn(word, pick);
    if (missing > 0) this.#words[at] = word + (missing << (pick & 28));
  }
}

/** Eight bits for each of the four rows, independent of the bits that choose the block. */
const pickCounters = (hash: number): number => {
  const picks = Math.imul(hash, 0x31848bab);
  return picks ^ (picks >>> 14);
};

/** The counter that a pick names in a word: bits 2 to 4 of the pick are its place, in nibbles. */
const countIn = (word: number, pick: number): number => (word >>> (pick & 28)) & 15;
