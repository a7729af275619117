/** Slots below this are the heads of the policies' lists and hold no entry. */
export const FIRST_SLOT = 3;

const INITIAL_SLOTS = 16;

/**
 * Keys, values and list links in parallel arrays, one slot an entry, and one Map from key to slot.
 *
 * `next` and `prev` thread circular lists through the slots. Slots 0 to 2 are the lists' heads, so that linking and
 * unlinking need no branch. Arrays double as entries come; an empty table of any capacity is small.
 */
export class EntryTable<K, V> {
  readonly index: Map<K, number> = new Map();
  keys: (K | undefined)[] = [];
  values: (V | undefined)[] = [];
  next: Uint32Array = new Uint32Array(INITIAL_SLOTS);
  prev: Uint32Array = new Uint32Array(INITIAL_SLOTS);
  /** Length of every per-slot array. */
  allocated: number = INITIAL_SLOTS;
  #unused = FIRST_SLOT;
  /** Chain of released slots through `next`; 0 ends it. */
  #free = 0;

  constructor() {
    this.reset();
  }

  get size(): number {
    return this.index.size;
  }

  /** Whether `claim` needs `grow` first. */
  get isFull(): boolean {
    return this.#free === 0 && this.#unused === this.allocated;
  }

  /** Doubles the arrays, but not beyond what `maxSize` entries need. */
  grow(maxSize: number): void {
    this.allocated = Math.max(this.allocated + 1, Math.min(this.allocated * 2, maxSize + FIRST_SLOT));
    this.keys.length = this.allocated;
    this.values.length = this.allocated;
    this.next = resized(this.next, this.allocated);
    this.prev = resized(this.prev, this.allocated);
  }

  /** A slot for a key that is not in the table. The caller has made sure that it is not full, and links the slot. */
  claim(key: K, value: V): number {
    let slot = this.#free;
    if (slot === 0) slot = this.#unused++;
    else this.#free = this.next[slot]!;
    this.keys[slot] = key;
    this.values[slot] = value;
    this.index.set(key, slot);
    return slot;
  }

  /** Forgets the entry of a slot that is unlinked already. */
  release(slot: number): void {
    this.index.delete(this.keys[slot] as K);
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.next[slot] = this.#free;
    this.#free = slot;
  }

  /** Links a slot at the hot end of a list. */
  linkFirst(list: number, slot: number): void {
    const { next, prev } = this;
    const first = next[list]!;
    next[slot] = first;
    prev[slot] = list;
    prev[first] = slot;
    next[list] = slot;
  }

  /** Links a slot at the cold end of a list. */
  linkLast(list: number, slot: number): void {
    const { next, prev } = this;
    const last = prev[list]!;
    prev[slot] = last;
    next[slot] = list;
    next[last] = slot;
    prev[list] = slot;
  }

  unlink(slot: number): void {
    const { next, prev } = this;
    const after = next[slot]!;
    const before = prev[slot]!;
    next[before] = after;
    prev[after] = before;
  }

  /** Appends the whole of one list to the cold end of another. */
  append(list: number, from: number): void {
    const { next, prev } = this;
    if (next[from] === from) return;
    const last = prev[list]!;
    next[last] = next[from]!;
    prev[next[from]!] = last;
    next[prev[from]!] = list;
    prev[list] = prev[from]!;
    next[from] = from;
    prev[from] = from;
  }

  /** Slots of a list from cold to hot. */
  *coldToHot(list: number): Generator<number> {
    for (let slot = this.prev[list]!; slot !== list; slot = this.prev[slot]!) yield slot;
  }

  /** Empties the table in constant time: arrays are replaced, not cleared. Returns what it held. */
  reset(): void {
    this.index.clear();
    // `undefined` at the heads keeps V8 from choosing an element kind for numbers, which it would convert later.
    this.keys = [undefined, undefined, undefined];
    this.values = [undefined, undefined, undefined];
    this.allocated = INITIAL_SLOTS;
    this.keys.length = INITIAL_SLOTS;
    this.values.length = INITIAL_SLOTS;
    this.next = Uint32Array.from({ length: INITIAL_SLOTS }, (_, slot) => slot);
    this.prev = Uint32Array.from({ length: INITIAL_SLOTS }, (_, slot) => slot);
    this.#unused = FIRST_SLOT;
    this.#free = 0;
  }
}

type SlotArray = Uint8Array | Uint32Array | Int32Array | Float64Array;

/** A copy of a per-slot array with room for more slots. */
export const resized = <T extends SlotArray>(array: T, length: number): T => {
  const copy = new (array.constructor as new (length: number) => T)(length);
  copy.set(array);
  return copy;
};
