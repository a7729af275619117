import { CoarseClock, unref } from "./entries/coarse-clock.ts";
import { EntryTable } from "./entries/entry-table.ts";
import { Lifetimes } from "./entries/lifetimes.ts";
import { checkDuration, checkInterval, checkMaxSize, checkStrategy, DEFAULTS } from "./options.ts";
import { createPolicy } from "./policy/create-policy.ts";
import type { Policy } from "./policy/policy.ts";
import type { Clock } from "./ports.ts";
import { Removals } from "./removals.ts";
import { Counters } from "./stats.ts";
import type { CacheOptions, CacheStats, CacheStrategy, RemovalListener, RemovalReason, SetOptions } from "./types.ts";

/** Hits told to the policy at once: a tight loop over many is cheaper than a call for each. */
const HIT_BATCH = 64;

/**
 * A bounded cache in memory. `size` is never above `maxSize`; keys are compared as in a Map.
 *
 * All operations take constant time, `ttl`'s logarithmic. With the strategies `adaptive` and `lfu` an entry can leave
 * soon after its `set`, when it is judged less useful than those there; `lru` keeps what was written last.
 */
export class Cache<K, V> implements Disposable, Iterable<[K, V]> {
  readonly #table = new EntryTable<K, V>();
  readonly #hits = new Uint32Array(HIT_BATCH);
  #hitCount = 0;
  readonly #counters = new Counters();
  readonly #removals: Removals<K, V>;
  readonly #clock: Clock;
  readonly #ownClock: CoarseClock | undefined;
  readonly #ttlMs: number;
  readonly #maxSize: number;
  readonly #strategy: CacheStrategy;
  readonly #policy: Policy;
  /** Made when the first entry with a lifetime comes. */
  #lifetimes: Lifetimes | undefined;
  #cleanup: ReturnType<typeof setInterval> | undefined;

  /** @throws RangeError for an option out of its range, with its name, its rule and the value */
  constructor(options: CacheOptions<K, V>) {
    this.#maxSize = checkMaxSize(options.maxSize);
    this.#strategy = checkStrategy(options.strategy ?? DEFAULTS.strategy);
    this.#ttlMs = checkDuration("ttlMs", options.ttlMs ?? DEFAULTS.ttlMs);
    const cleanupIntervalMs = checkInterval(
      "cleanupIntervalMs",
      options.cleanupIntervalMs ?? DEFAULTS.cleanupIntervalMs,
    );
    this.#ownClock = options.clock === undefined ? new CoarseClock() : undefined;
    this.#clock = options.clock ?? this.#ownClock!;
    this.#removals = new Removals(options.log);
    if (options.onRemoval !== undefined) this.#removals.add(options.onRemoval);
    this.#policy = createPolicy(this.#strategy, {
      table: this.#table,
      maxSize: this.#maxSize,
      random: options.random ?? Math.random,
      lifetimes: () => this.#startLifetimes(),
    });
    if (cleanupIntervalMs > 0) this.#cleanup = unref(setInterval(() => this.removeExpired(), cleanupIntervalMs));
  }

  /** Entries held, expired ones that nobody touched yet included. */
  get size(): number {
    return this.#table.size;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  get strategy(): CacheStrategy {
    return this.#strategy;
  }

  /** The value, or `undefined`. Counts as a use of the entry and as a hit or a miss. */
  get(key: K): V | undefined {
    const slot = this.#table.index.get(key);
    if (slot === undefined || this.#lifetimes?.isExpired(slot)) return this.#miss(slot);
    this.#counters.hits++;
    this.#hits[this.#hitCount++] = slot;
    if (this.#hitCount === HIT_BATCH) this.#settleHits();
    return this.#table.values[slot];
  }

  /** The value, or `undefined`, without a trace: neither a use of the entry nor a hit or a miss. */
  peek(key: K): V | undefined {
    const slot = this.#freshSlot(key);
    return slot === undefined ? undefined : this.#table.values[slot];
  }

  /** Whether `get` would find the key; without a trace. */
  has(key: K): boolean {
    return this.#freshSlot(key) !== undefined;
  }

  /** Stores a value under a key, with room made for it first. */
  set(key: K, value: V, options?: SetOptions): this {
    const ttlMs = options?.ttlMs === undefined ? this.#ttlMs : checkDuration("ttlMs", options.ttlMs);
    if (this.#hitCount > 0) this.#settleHits();
    const present = this.#table.index.get(key);
    if (present === undefined) this.#insert(key, value, ttlMs);
    else this.#replace(present, value, ttlMs);
    if (this.#removals.active) this.#removals.flush();
    return this;
  }

  /** Removes an entry; false if there was none. */
  delete(key: K): boolean {
    const slot = this.#table.index.get(key);
    if (slot === undefined) return false;
    const found = !this.#isExpired(slot);
    this.#remove(slot, found ? "delete" : "expire");
    this.#removals.flush();
    return found;
  }

  /** Removes all entries (the seed's Flush). */
  clear(): void {
    this.#hitCount = 0;
    const { keys, values } = this.#table;
    const slots = this.#removals.active ? [...this.#table.index.values()] : [];
    this.#table.reset();
    this.#policy.reset();
    this.#lifetimes?.reset(this.#table.allocated);
    for (const slot of slots) this.#removals.note(keys[slot] as K, values[slot] as V, "clear");
    this.#removals.flush();
  }

  /** Removes every expired entry and returns how many there were; the clean-up interval does the same. */
  removeExpired(): number {
    const before = this.#counters.expirations;
    this.#lifetimes?.sweep((slot) => this.#remove(slot, "expire"));
    this.#removals.flush();
    return this.#counters.expirations - before;
  }

  /** Entries in the order in which they would leave, the first to leave first: those present now and still there when reached. */
  *entries(): Generator<[K, V]> {
    this.#settleHits();
    const keys = Array.from(this.#policy.order(), (slot) => this.#table.keys[slot] as K);
    for (const key of keys) {
      const slot = this.#freshSlot(key);
      if (slot !== undefined) yield [key, this.#table.values[slot] as V];
    }
  }

  /** The keys of `entries`. */
  *keys(): Generator<K> {
    for (const [key] of this.entries()) yield key;
  }

  /** The values of `entries`. */
  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[K, V]> {
    return this.entries();
  }

  stats(): CacheStats {
    const counters = this.#counters;
    return {
      strategy: this.#strategy,
      hits: counters.hits,
      misses: counters.misses,
      hitRate: counters.hitRate,
      size: this.size,
      maxSize: this.#maxSize,
      evictions: counters.evictions,
      expirations: counters.expirations,
      listenerErrors: this.#removals.errors,
      recent: counters.recent(),
    };
  }

  /** Tells the listener of every removal from now on, until the returned subscription is disposed. */
  onRemoval(listener: RemovalListener<K, V>): Disposable {
    return this.#removals.add(listener);
  }

  /** Stops the timers. The cache stays usable. */
  close(): void {
    clearInterval(this.#cleanup);
    this.#ownClock?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #isExpired(slot: number): boolean {
    return this.#lifetimes?.isExpired(slot) === true;
  }

  #freshSlot(key: K): number | undefined {
    const slot = this.#table.index.get(key);
    return slot === undefined || this.#isExpired(slot) ? undefined : slot;
  }

  #miss(expired: number | undefined): undefined {
    this.#counters.misses++;
    this.#counters.rotateWhenDue();
    if (expired === undefined) return;
    this.#remove(expired, "expire");
    this.#removals.flush();
  }

  /** Tells the policy of the reads since last time. Before every change of the table, since that may reuse their slots. */
  #settleHits(): void {
    this.#policy.hit(this.#hits, this.#hitCount);
    this.#hitCount = 0;
    this.#counters.rotateWhenDue();
  }

  #insert(key: K, value: V, ttlMs: number): void {
    const table = this.#table;
    let slot: number;
    if (table.size < this.#maxSize) {
      if (table.isFull) this.#grow();
      slot = table.claim(key, value);
    } else {
      slot = this.#makeRoom();
      table.reuse(slot, key, value);
    }
    this.#setLifetime(slot, ttlMs);
    this.#policy.insert(slot);
  }

  #replace(slot: number, value: V, ttlMs: number): void {
    if (this.#removals.active) this.#note(slot, this.#isExpired(slot) ? "expire" : "replace");
    this.#table.values[slot] = value;
    this.#setLifetime(slot, ttlMs);
    this.#policy.update(slot);
  }

  /** Vacates a slot; an expired entry goes first, if one is near. */
  #makeRoom(): number {
    const expired = this.#lifetimes === undefined ? 0 : this.#lifetimes.findExpired();
    if (expired !== 0) {
      this.#vacate(expired, "expire");
      return expired;
    }
    const slot = this.#policy.evict();
    this.#counters.evictions++;
    if (this.#removals.active) this.#note(slot, "evict");
    return slot;
  }

  #remove(slot: number, reason: RemovalReason): void {
    if (this.#hitCount > 0) this.#settleHits();
    this.#vacate(slot, reason);
    this.#lifetimes?.clear(slot);
    this.#table.release(slot);
  }

  /** Counts, notes and unlinks an entry that leaves. Its slot is to be released or reused next. */
  #vacate(slot: number, reason: RemovalReason): void {
    if (reason === "expire") this.#counters.expirations++;
    if (this.#removals.active) this.#note(slot, reason);
    this.#policy.remove(slot);
  }

  #note(slot: number, reason: RemovalReason): void {
    this.#removals.note(this.#table.keys[slot] as K, this.#table.values[slot] as V, reason);
  }

  #setLifetime(slot: number, ttlMs: number): void {
    if (ttlMs !== Number.POSITIVE_INFINITY) this.#startLifetimes().set(slot, ttlMs);
    else this.#lifetimes?.clear(slot);
  }

  #startLifetimes(): Lifetimes {
    this.#lifetimes ??= new Lifetimes(this.#clock, this.#table.allocated);
    return this.#lifetimes;
  }

  #grow(): void {
    this.#table.grow(this.#maxSize);
    this.#policy.grow(this.#table.allocated);
    this.#lifetimes?.grow(this.#table.allocated);
  }
}
