import { Newcomers } from "./newcomers.ts";
import { FIRST_SLOT, SlotLists } from "./slot-lists.ts";

const INITIAL_SLOTS = 16;

/** The key of a slot without an entry; no caller can have it. */
const HOLE: unique symbol = Symbol("hole");

/**
 * Keys and values in parallel arrays, one slot an entry, an index from key to slot, and the lists that a policy orders
 * the slots by. The arrays double as entries come; an empty table of any capacity is small.
 */
export class EntryTable<K, V> {
  #index = new Map<K, number>();
  /** The index that is being left, see `startReindexing`; what it says holds only if the slot still has the key. */
  #former: Map<K, number> | undefined;
  /** Entries that the index does not have yet. */
  #newcomers: Newcomers<K> | undefined;
  /** A key that was not found: mostly it is set next. */
  #missedKey: K | undefined;
  #isMissedKeyValid = false;
  readonly lists: SlotLists = new SlotLists(INITIAL_SLOTS);
  keys: (K | typeof HOLE | undefined)[] = [];
  values: (V | undefined)[] = [];
  /** Length of every per-slot array. */
  allocated: number = INITIAL_SLOTS;
  size = 0;
  #unused = FIRST_SLOT;
  /** Chain of released slots through `lists.next`; 0 ends it. */
  #free = 0;
  #reindexed = FIRST_SLOT;

  constructor() {
    this.reset();
  }

  /** The slot of a key. */
  find(key: K): number | undefined {
    // While nothing was asked for again, the index is empty.
    const slot = this.#index.size === 0 ? undefined : this.#index.get(key);
    if (slot !== undefined || (this.#newcomers === undefined && this.#former === undefined)) return slot;
    return this.#findElsewhere(key);
  }

  /** Keeps in mind that `find` has not found a key. */
  noteMissing(key: K): void {
    this.#missedKey = key;
    this.#isMissedKeyValid = true;
  }

  /** Whether a key is known not to be there. */
  isMissing(key: K): boolean {
    return this.#isMissedKeyValid && key === this.#missedKey;
  }

  /** Keeps a hash of every key from now on, for `hashOf`. */
  startHashing(random: () => number): void {
    this.#newcomers ??= new Newcomers(random, this.allocated);
  }

  /** The hash of an entry's key, after `startHashing`. */
  hashOf(slot: number): number {
    return this.#newcomers!.hashOf(slot, this.keys);
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
    this.#newcomers?.grow(this.allocated);
  }

  /** A slot for a key that is not in the table. The caller has made sure that it is not full, and links the slot. */
  claim(key: K, value: V): number {
    let slot = this.#free;
    if (slot === 0) slot = this.#unused++;
    else this.#free = this.lists.next[slot]!;
    this.size++;
    this.#occupy(slot, key, value);
    return slot;
  }

  /** Gives the slot of an entry, unlinked already, to another key that is not in the table. */
  reuse(slot: number, key: K, value: V): void {
    this.#forget(slot);
    this.#occupy(slot, key, value);
  }

  /** Forgets the entry of a slot that is unlinked already. */
  release(slot: number): void {
    this.#forget(slot);
    this.keys[slot] = HOLE;
    this.values[slot] = undefined;
    this.size--;
    this.lists.next[slot] = this.#free;
    this.#free = slot;
  }

  /** Empties the table in constant time: its parts are replaced, not cleared. Returns what it held. */
  reset(): Iterable<[K, V]> {
    const held = entriesOf(this.keys, this.values, this.#unused);
    this.#index = new Map();
    this.#former = undefined;
    this.#newcomers?.reset(INITIAL_SLOTS);
    // `undefined` at the heads keeps V8 from choosing an element kind for numbers, which it would convert later.
    this.keys = [undefined, undefined, undefined];
    this.values = [undefined, undefined, undefined];
    this.allocated = INITIAL_SLOTS;
    this.keys.length = INITIAL_SLOTS;
    this.values.length = INITIAL_SLOTS;
    this.lists.reset(INITIAL_SLOTS);
    this.size = 0;
    this.#unused = FIRST_SLOT;
    this.#free = 0;
    return held;
  }

  /**
   * Leaves the index for a new one. V8 rehashes a Map of a million keys at once when three quarters of them were deleted,
   * for tens of milliseconds; so before many entries leave, the few that stay are indexed anew, by `reindex` in slices.
   */
  startReindexing(): void {
    if (this.#former !== undefined) return;
    this.#former = this.#index;
    this.#index = new Map();
    this.#reindexed = FIRST_SLOT;
  }

  /** Puts the entries of the next slots into the new index; returns whether that was all. */
  reindex(slots: number): boolean {
    if (this.#former === undefined) return true;
    const end = Math.min(this.#unused, this.#reindexed + slots);
    for (; this.#reindexed < end; this.#reindexed++) {
      const key = this.keys[this.#reindexed];
      if (key !== HOLE && this.#newcomers?.has(this.#reindexed) !== true) this.#index.set(key as K, this.#reindexed);
    }
    if (this.#reindexed < this.#unused) return false;
    this.#former = undefined;
    return true;
  }

  #occupy(slot: number, key: K, value: V): void {
    this.keys[slot] = key;
    this.values[slot] = value;
    if (this.#newcomers?.add(slot, key) !== true) this.#index.set(key, slot);
    this.#isMissedKeyValid = false;
  }

  /** Takes the key of a slot out of the index. */
  #forget(slot: number): void {
    if (this.#newcomers?.remove(slot) !== true) this.#index.delete(this.keys[slot] as K);
  }

  #findElsewhere(key: K): number | undefined {
    const slot = this.#former && this.#findFormer(this.#former, key);
    return slot === undefined && this.#newcomers !== undefined ? this.#findNewcomer(this.#newcomers, key) : slot;
  }

  /** A key that is asked for again moves to the index. */
  #findNewcomer(newcomers: Newcomers<K>, key: K): number | undefined {
    const slot = newcomers.take(key, this.keys);
    if (slot === 0) return undefined;
    this.#index.set(key, slot);
    return slot;
  }

  #findFormer(former: Map<K, number>, key: K): number | undefined {
    const slot = former.get(key);
    if (slot === undefined) return undefined;
    const present = this.keys[slot];
    return present === key || (Number.isNaN(present) && Number.isNaN(key)) ? slot : undefined;
  }
}

function* entriesOf<K, V>(
  keys: readonly (K | typeof HOLE | undefined)[],
  values: readonly (V | undefined)[],
  end: number,
): Generator<[K, V]> {
  for (let slot = FIRST_SLOT; slot < end; slot++) {
    const key = keys[slot];
    if (key !== HOLE) yield [key as K, values[slot] as V];
  }
}
