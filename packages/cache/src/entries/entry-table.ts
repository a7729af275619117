import { FIRST_SLOT, SlotLists } from "./slot-lists.ts";

const INITIAL_SLOTS = 16;

/**
 * Keys and values in parallel arrays, one slot an entry, one Map from key to slot, and the lists that a policy orders
 * the slots by. The arrays double as entries come; an empty table of any capacity is small.
 */
export class EntryTable<K, V> {
  index: Map<K, number> = new Map();
  readonly lists: SlotLists = new SlotLists(INITIAL_SLOTS);
  keys: (K | undefined)[] = [];
  values: (V | undefined)[] = [];
  /** Length of every per-slot array. */
  allocated: number = INITIAL_SLOTS;
  #unused = FIRST_SLOT;
  /** Chain of released slots through `lists.next`; 0 ends it. */
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
    this.lists.grow(this.allocated);
  }

  /** A slot for a key that is not in the table. The caller has made sure that it is not full, and links the slot. */
  claim(key: K, value: V): number {
    let slot = this.#free;
    if (slot === 0) slot = this.#unused++;
    else this.#free = this.lists.next[slot]!;
    this.keys[slot] = key;
    this.values[slot] = value;
    this.index.set(key, slot);
    return slot;
  }

  /** Gives the slot of an entry, unlinked already, to another key that is not in the table. */
  reuse(slot: number, key: K, value: V): void {
    this.index.delete(this.keys[slot] as K);
    this.keys[slot] = key;
    this.values[slot] = value;
    this.index.set(key, slot);
  }

  /** Forgets the entry of a slot that is unlinked already. */
  release(slot: number): void {
    this.index.delete(this.keys[slot] as K);
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.lists.next[slot] = this.#free;
    this.#free = slot;
  }

  /** Empties the table in constant time: its parts are replaced, not cleared. Returns the index that it had. */
  reset(): Map<K, number> {
    const { index } = this;
    this.index = new Map();
    // `undefined` at the heads keeps V8 from choosing an element kind for numbers, which it would convert later.
    this.keys = [undefined, undefined, undefined];
    this.values = [undefined, undefined, undefined];
    this.allocated = INITIAL_SLOTS;
    this.keys.length = INITIAL_SLOTS;
    this.values.length = INITIAL_SLOTS;
    this.lists.reset(INITIAL_SLOTS);
    this.#unused = FIRST_SLOT;
    this.#free = 0;
    return index;
  }
}
