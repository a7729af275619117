import { HashIndex } from "./hash-index.ts";
import { KeyHasher } from "./key-hasher.ts";

/**
 * The index of entries whose keys nobody has asked for again yet, and the hash of every entry's key.
 *
 * A Map finds a string without hashing it, since the string keeps its hash, but adding to a Map and deleting from it cost
 * three times as much as here. So where keys have to be hashed anyway, a flood of new ones does not touch the Map.
 */
export class Newcomers<K> {
  readonly #hasher: KeyHasher;
  #index: HashIndex;
  /** Mostly a key that was not found is added next. */
  #lastKey: K | undefined;
  #lastHash: number;

  constructor(random: () => number, slots: number) {
    this.#hasher = new KeyHasher(random);
    this.#index = new HashIndex(slots);
    this.#lastHash = this.#hasher.hash(this.#lastKey);
  }

  grow(slots: number): void {
    this.#index.grow(slots);
  }

  reset(slots: number): void {
    this.#index = new HashIndex(slots);
  }

  /** The hash of a slot's key; slots filled before there were newcomers are hashed now. */
  hashOf(slot: number, keys: readonly unknown[]): number {
    const { hashes } = this.#index;
    if (hashes[slot] === 0) hashes[slot] = this.#hasher.hash(keys[slot]);
    return hashes[slot]!;
  }

  /** Adds a slot; returns false for a key whose hash another newcomer has, and for NaN, which `===` would not find. */
  add(slot: number, key: K): boolean {
    this.#index.hashes[slot] = key === this.#lastKey ? this.#lastHash : this.#hasher.hash(key);
    return !Number.isNaN(key) && this.#index.add(slot);
  }

  has(slot: number): boolean {
    return this.#index.has(slot);
  }

  /** Removes a slot; returns false if it was not there. */
  remove(slot: number): boolean {
    return this.#index.remove(slot);
  }

  /** Removes the slot of a key, and returns it, or 0. Memory follows, so that keys in demand do not take twice as much. */
  take(key: K, keys: readonly unknown[]): number {
    const slot = this.#find(key, keys);
    if (slot === 0) return 0;
    this.#index.remove(slot);
    this.#index.compact();
    return slot;
  }

  #find(key: K, keys: readonly unknown[]): number {
    const hash = this.#hasher.hash(key);
    const slot = this.#index.find(hash);
    if (slot !== 0 && keys[slot] === key) return slot;
    this.#lastKey = key;
    this.#lastHash = hash;
    return 0;
  }
}
