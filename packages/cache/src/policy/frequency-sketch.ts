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

  /** Counts a use of a key; returns how many there are, 1 to 15: too many where keys collide, never too few. */
  add(hash: number): number {
    return this.#raise(hash, 0);
  }

  /** Makes the count of a key at least this, 1 to 15. */
  raise(hash: number, count: number): void {
    this.#raise(hash, count);
  }

  /** Makes old uses weigh half; returns how many the rounding down took away: half a use for each odd count. */
  halve(): number {
    const words = this.#words;
    let odd = 0;
    for (let at = 0; at < words.length; at++) {
      const word = words[at]!;
      // The product sums the eight lowest bits up in its highest nibble.
      odd += Math.imul(word & ONE_IN_EACH, ONE_IN_EACH) >>> 28;
      words[at] = (word >>> 1) & SEVEN_IN_EACH;
    }
    return odd / COUNTERS_PER_KEY / 2;
  }

  /** Raises the four counters of a key to a count, or with 0 to one more than the least of them; returns it. */
  #raise(hash: number, count: number): number {
    const words = this.#words;
    const picks = pickCounters(hash);
    const row = (hash & this.#blockMask) * WORDS_PER_BLOCK;
    const a = row + (picks & 3);
    const b = row + 4 + ((picks >>> 8) & 3);
    const c = row + 8 + ((picks >>> 16) & 3);
    const d = row + 12 + ((picks >>> 24) & 3);
    const inA = countIn(words[a]!, picks);
    const inB = countIn(words[b]!, picks >>> 8);
    const inC = countIn(words[c]!, picks >>> 16);
    const inD = countIn(words[d]!, picks >>> 24);
    const raised = count === 0 ? Math.min(MAX_FREQUENCY, Math.min(inA, inB, inC, inD) + 1) : count;
    if (inA < raised) words[a]! += (raised - inA) << (picks & 28);
    if (inB < raised) words[b]! += (raised - inB) << ((picks >>> 8) & 28);
    if (inC < raised) words[c]! += (raised - inC) << ((picks >>> 16) & 28);
    if (inD < raised) words[d]! += (raised - inD) << ((picks >>> 24) & 28);
    this.#isEmpty = false;
    return raised;
  }
}

/** Eight bits for each of the four rows, independent of the bits that choose the block. */
const pickCounters = (hash: number): number => {
  const picks = Math.imul(hash, 0x31848bab);
  return picks ^ (picks >>> 14);
};

/** The counter that a pick names in a word: bits 2 to 4 of the pick are its place, in nibbles. */
const countIn = (word: number, pick: number): number => (word >>> (pick & 28)) & 15;
