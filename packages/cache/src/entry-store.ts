import { EntryTable } from "./entries/entry-table.ts";
import { type Lifetime, Lifetimes } from "./entries/lifetimes.ts";
import type { Weights } from "./entries/weights.ts";
import { EvictionOrder } from "./policy/eviction-order.ts";
import type { Clock } from "./ports.ts";
import type { Removals } from "./removals.ts";
import type { Counters } from "./stats.ts";
import type { CacheStrategy, RemovalReason } from "./types.ts";

/** How far the mean weight may drift before the policy is told how many entries the maximum weight has room for. */
const WEIGHT_DRIFT = 1.125;

/** What a store is made of; all of it belongs to one cache. */
export interface StoreParts<K, V> {
  readonly strategy: CacheStrategy;
  readonly maxSize: number;
  /** Default: `CoarseClock`. */
  readonly clock: Clock | undefined;
  readonly random: () => number;
  readonly counters: Counters;
  readonly removals: Removals<K, V>;
  readonly weights: Weights | undefined;
}

/** The entries of a cache, their order, their lifetimes and weights, kept in step. Notes removals, but delivers none. */
export class EntryStore<K, V> {
  readonly table: EntryTable<K, V> = new EntryTable();
  /** Made when the first entry with a lifetime comes. */
  lifetimes: Lifetimes | undefined;
  readonly weights: Weights | undefined;
  readonly order: EvictionOrder;
  /** The bound that holds now; above the target while a smaller one is being reached. */
  maxSize: number;
  readonly #clock: Clock | undefined;
  readonly #counters: Counters;
  readonly #removals: Removals<K, V>;

  constructor({ strategy, maxSize, clock, random, counters, removals, weights }: StoreParts<K, V>) {
    this.maxSize = maxSize;
    this.weights = weights;
    this.weights?.reset(this.table.allocated);
    this.#clock = clock;
    this.#counters = counters;
    this.#removals = removals;
    const lifetimes = (): Lifetimes => this.#startLifetimes();
    this.order = new EvictionOrder(strategy, { table: this.table, maxSize, random, lifetimes });
  }

  /** Notes a read that found an entry. */
  hit(slot: number): void {
    if (this.order.read(slot)) this.settleHits();
  }

  /** Tells of the reads since last time. Before every change of the table. */
  settleHits(): void {
    const hits = this.order.settle();
    if (hits === 0) return;
    if (this.lifetimes !== undefined) this.lifetimes.spend(hits);
    this.#counters.settle(this.table.size);
  }

  /** Adds an entry for a key that is not there, with room made for it first. */
  insert(key: K, value: V, lifetime: Lifetime | undefined, weight: number): void {
    this.settleHits();
    if (lifetime !== undefined || this.lifetimes !== undefined || this.weights !== undefined)
      this.#insertMeasured(key, value, lifetime, weight);
    else if (this.table.size < this.maxSize) this.order.insert(this.#claim(key, value));
    else this.order.insert(this.#replaceVictim(key, value));
  }

  /** A path of its own: V8 then compiles the other one without anything of lifetimes and weights in it. */
  #insertMeasured(key: K, value: V, lifetime: Lifetime | undefined, weight: number): void {
    if (this.weights !== undefined) this.#makeWeight(weight);
    let slot: number;
    if (this.table.size < this.maxSize) slot = this.#claim(key, value);
    else {
      slot = this.lifetimes === undefined || this.lifetimes.isQuiet ? this.#evictOne() : this.#makeRoom();
      this.table.reuse(slot, key, value);
    }
    if (this.weights !== undefined) this.weights.set(slot, weight);
    if (lifetime !== undefined) (this.lifetimes ?? this.#startLifetimes()).set(slot, lifetime);
    else if (this.lifetimes !== undefined) this.lifetimes.clear(slot);
    this.order.insert(slot);
  }

  #claim(key: K, value: V): number {
    if (this.table.isFull) this.#grow();
    return this.table.claim(key, value);
  }

  #replaceVictim(key: K, value: V): number {
    const slot = this.#evictOne();
    this.table.reuse(slot, key, value);
    return slot;
  }

  /** Gives an entry a new value. */
  replace(slot: number, value: V, lifetime: Lifetime | undefined, weight: number): void {
    this.settleHits();
    if (this.#removals.active) this.#note(slot, this.lifetimes?.isFresh(slot) === false ? "expire" : "replace");
    this.table.values[slot] = value;
    if (lifetime !== undefined) this.#startLifetimes().set(slot, lifetime);
    else this.lifetimes?.clear(slot);
    this.order.update(slot);
    if (this.weights === undefined) return;
    this.weights.set(slot, weight);
    this.#makeWeight(0);
  }

  remove(slot: number, reason: RemovalReason): void {
    this.settleHits();
    this.#vacate(slot, reason);
    this.lifetimes?.clear(slot);
    this.weights?.set(slot, 0);
    this.table.release(slot);
  }

  /** An expired value that is still kept, and for how long it has been expired. */
  findStale(key: K): { readonly value: V; readonly staleMs: number } | undefined {
    const slot = this.table.find(key);
    if (slot === undefined || this.lifetimes === undefined) return undefined;
    return { value: this.table.values[slot] as V, staleMs: this.lifetimes.staleMs(slot) };
  }

  /** Evicts up to `count` entries. */
  evict(count: number): number {
    this.settleHits();
    const evicted = Math.min(count, this.table.size);
    for (let i = 0; i < evicted; i++) this.#release(this.#makeRoom());
    return evicted;
  }

  /** Removes every entry whose time is over. */
  removeOver(): void {
    this.settleHits();
    this.lifetimes?.sweep((slot) => this.remove(slot, "expire"));
  }

  /** Removes all entries in constant time, and returns them. */
  clear(): Iterable<[K, V]> {
    const held = this.table.reset();
    this.order.reset();
    this.lifetimes?.reset(this.table.allocated);
    this.weights?.reset(this.table.allocated);
    return held;
  }

  /** Changes the bound that the policy divides its lists for; the entries follow by eviction. */
  resize(maxSize: number): void {
    this.settleHits();
    this.order.resize(maxSize);
  }

  /** Hands all entries over to the policy of another strategy. */
  setStrategy(strategy: CacheStrategy): void {
    this.settleHits();
    this.order.setStrategy(strategy);
  }

  /** A lifetime's clock must exist before the strategy that orders by it. */
  #startLifetimes(): Lifetimes {
    this.lifetimes ??= new Lifetimes(this.#clock, this.table.allocated);
    return this.lifetimes;
  }

  /** Vacates a slot; an entry that is over goes first, if one is near. The hits before it have been settled. */
  #makeRoom(): number {
    const over = this.lifetimes === undefined ? 0 : this.lifetimes.findOver();
    if (over !== 0) {
      this.#vacate(over, "expire");
      return over;
    }
    return this.#evictOne();
  }

  #evictOne(): number {
    const slot = this.order.evict();
    this.#counters.evictions++;
    if (this.#removals.active) this.#note(slot, "evict");
    return slot;
  }

  /** Evicts until another entry of this weight fits. */
  #makeWeight(weight: number): void {
    const weights = this.weights!;
    if (weights.total + weight <= weights.maxWeight) return;
    while (weights.total + weight > weights.maxWeight && this.table.size > 0) this.#release(this.#makeRoom());
    const fitting = Math.min(this.maxSize, Math.max(1, this.table.size + 1));
    const drift = fitting / this.order.maxSize;
    if (drift > WEIGHT_DRIFT || drift < 1 / WEIGHT_DRIFT) this.resize(fitting);
  }

  #release(slot: number): void {
    this.lifetimes?.clear(slot);
    this.weights?.set(slot, 0);
    this.table.release(slot);
  }

  /** Counts, notes and unlinks an entry that leaves. Its slot is to be released or reused next. */
  #vacate(slot: number, reason: RemovalReason): void {
    if (reason === "expire") this.#counters.expirations++;
    if (this.#removals.active) this.#note(slot, reason);
    this.order.remove(slot);
  }

  #note(slot: number, reason: RemovalReason): void {
    this.#removals.note(this.table.keys[slot] as K, this.table.values[slot] as V, reason);
  }

  #grow(): void {
    this.table.grow(this.maxSize);
    const { allocated } = this.table;
    this.order.grow(allocated);
    this.lifetimes?.grow(allocated);
    this.weights?.grow(allocated);
  }
}
