import { CoarseClock, unref } from "./coarse-clock.ts";
import { Weights } from "./entries/weights.ts";
import { EntryOptions } from "./entry-options.ts";
import { EntryStore } from "./entry-store.ts";
import type { LoadOptions, LoadResult } from "./loader/load-options.ts";
import { Loads } from "./loader/loads.ts";
import { checkFunction, checkInterval, checkMaxSize, checkStrategy, DEFAULTS } from "./options.ts";
import { Removals } from "./removals.ts";
import { runInSlices } from "./slices.ts";
import { Counters } from "./stats.ts";
import type {
  CacheOptions,
  CacheStats,
  CacheStrategy,
  DumpedEntry,
  RemovalListener,
  RemovalReason,
  SetOptions,
} from "./types.ts";

/** Entries evicted in one turn of the event loop while a smaller maximum is being reached: below a millisecond. */
const SLICE_EVICTIONS = 2048;

/** No key is this. */
const NO_KEY = Symbol("no key");

/**
 * A bounded cache in memory. `size` is never above `maxSize`; keys are compared as in a Map.
 *
 * All operations take constant time, those of strategy `ttl` logarithmic. With the strategies `adaptive` and `lfu` an
 * entry can leave soon after its `set`, when it is judged less useful than those there; `lru` keeps what was used last.
 */
export class Cache<K, V> implements Disposable, Iterable<[K, V]> {
  readonly #store: EntryStore<K, V>;
  readonly #counters: Counters;
  readonly #removals: Removals<K, V>;
  readonly #entryOptions: EntryOptions<K, V>;
  readonly #loads: Loads<K, V>;
  readonly #ownClock: CoarseClock | undefined;
  readonly #cleanup: ReturnType<typeof setInterval> | undefined;
  /** The key of the last miss: the `set` that mostly follows need not look for it again. */
  #missedKey: K | typeof NO_KEY = NO_KEY;
  #stopShrinking: (() => void) | undefined;

  /** @throws RangeError or TypeError for a bad option, with its name, its rule and the value */
  constructor(options: CacheOptions<K, V>) {
    const random = options.random === undefined ? Math.random : checkFunction("random", options.random);
    const interval = checkInterval("cleanupIntervalMs", options.cleanupIntervalMs ?? DEFAULTS.cleanupIntervalMs);
    this.#ownClock = options.clock === undefined ? new CoarseClock() : undefined;
    const clock = options.clock ?? this.#ownClock!;
    this.#entryOptions = new EntryOptions(options, random);
    this.#counters = new Counters(options.metrics);
    this.#removals = new Removals(options.log);
    if (options.onRemoval !== undefined) this.#removals.add(options.onRemoval);
    const { maxWeight } = this.#entryOptions;
    this.#store = new EntryStore({
      strategy: checkStrategy(options.strategy ?? DEFAULTS.strategy),
      maxSize: checkMaxSize(options.maxSize),
      clock,
      random,
      counters: this.#counters,
      removals: this.#removals,
      weights: maxWeight === undefined ? undefined : new Weights(maxWeight),
    });
    this.#loads = new Loads({
      clock,
      log: options.log,
      tracer: options.tracer,
      get: (key) => this.get(key),
      findStale: (key) => this.#findStale(key),
      store: (key, value, setOptions, graceMs) => this.#write(key, value, setOptions, graceMs),
    });
    if (interval > 0) this.#cleanup = unref(setInterval(() => this.removeExpired(), interval));
  }

  /** Entries held, expired ones that nobody touched yet included. */
  get size(): number {
    return this.#store.table.size;
  }

  /** The bound on `size` that holds now. After `resize` to less, it falls turn by turn as entries leave. */
  get maxSize(): number {
    return this.#store.maxSize;
  }

  get strategy(): CacheStrategy {
    return this.#store.strategy;
  }

  /** Lifetime of entries whose `set` gives none, in milliseconds. Setting it changes those that come. */
  get ttlMs(): number {
    return this.#entryOptions.ttlMs;
  }

  set ttlMs(ttlMs: number) {
    this.#entryOptions.ttlMs = ttlMs;
  }

  /** The value, or `undefined`. Counts as a use of the entry and as a hit or a miss. */
  get(key: K): V | undefined {
    const store = this.#store;
    const slot = store.table.index.get(key);
    if (slot === undefined || (store.lifetimes !== undefined && !store.lifetimes.use(slot)))
      return this.#miss(key, slot);
    this.#counters.hits++;
    store.hit(slot);
    return store.table.values[slot];
  }

  /** The value, or `undefined`, without a trace: neither a use of the entry nor a hit or a miss. */
  peek(key: K): V | undefined {
    const slot = this.#freshSlot(key);
    return slot === undefined ? undefined : this.#store.table.values[slot];
  }

  /** Whether `get` would find the key; without a trace. */
  has(key: K): boolean {
    return this.#freshSlot(key) !== undefined;
  }

  /**
   * Stores a value under a key, with room made for it first. An entry heavier than `maxWeight` is refused with reason
   * `reject`, and what was there under its key leaves.
   */
  set(key: K, value: V, options?: SetOptions): this {
    this.#loads.detach(key);
    this.#write(key, value, options, 0);
    return this;
  }

  /** Removes an entry; false if there was none. A load of it that is under way stores nothing. */
  delete(key: K): boolean {
    return this.#leave(key, "delete");
  }

  /** As `delete`, with reason `invalidate`: its source has changed. Also forgets that a loader found nothing. */
  invalidate(key: K): boolean {
    return this.#leave(key, "invalidate");
  }

  /** Removes all entries (the seed's Flush). Listeners are told in slices, the first at once. */
  clear(): void {
    this.#loads.detachAll();
    const entries = this.#store.clear();
    if (this.#removals.active) this.#removals.flushMany(entries, "clear");
  }

  /** Removes every expired entry and returns how many there were; the clean-up interval does the same. */
  removeExpired(): number {
    const before = this.#counters.expirations;
    this.#store.removeOver();
    this.#removals.flush();
    return this.#counters.expirations - before;
  }

  /** Evicts up to `count` entries, those that would leave next, and returns how many left. */
  evict(count: number): number {
    const evicted = this.#store.evict(count);
    this.#removals.flush();
    return evicted;
  }

  /**
   * The value, from the cache or from `loader`, which is called once however many ask for the key at the same time.
   * `undefined` from it means that there is none, and is not stored.
   *
   * @throws what the loader throws; the reason of `signal`; CacheError `load-timeout`, `closed`
   */
  load(key: K, loader: (key: K, signal: AbortSignal) => LoadResult<V>, options?: LoadOptions): Promise<V | undefined> {
    return this.#loads.load(key, checkFunction("loader", loader), options);
  }

  /** Changes the maximum. Fewer entries are reached in slices, so that the event loop goes on. */
  resize(maxSize: number): void {
    const store = this.#store;
    store.resize(checkMaxSize(maxSize));
    this.#stopShrinking?.();
    if (maxSize >= store.table.size) store.maxSize = maxSize;
    else
      this.#stopShrinking = runInSlices(() => {
        this.evict(Math.min(SLICE_EVICTIONS, store.table.size - maxSize));
        store.maxSize = Math.max(maxSize, store.table.size);
        return store.maxSize === maxSize;
      });
  }

  /** Changes the strategy; the entries stay. */
  setStrategy(strategy: CacheStrategy): void {
    if (checkStrategy(strategy) !== this.strategy) this.#store.setStrategy(strategy);
  }

  /** Entries in the order in which they would leave, the first to leave first: those present now and still there when reached. */
  *entries(): Generator<[K, V]> {
    const { table } = this.#store;
    this.#store.settleHits();
    const keys = Array.from(this.#store.policy.order(), (slot) => table.keys[slot] as K);
    for (const key of keys) {
      const slot = this.#freshSlot(key);
      if (slot !== undefined) yield [key, table.values[slot] as V];
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

  /** All entries with what is left of their lifetimes, for `restore` in another process. */
  dump(): DumpedEntry<K, V>[] {
    const { table, lifetimes, weights } = this.#store;
    return Array.from(this.entries(), ([key, value]) => {
      const slot = table.index.get(key)!;
      const { ttlMs, idleMs } = lifetimes?.remaining(slot) ?? {};
      return {
        key,
        value,
        ...(ttlMs !== undefined && ttlMs !== Number.POSITIVE_INFINITY && { ttlMs }),
        ...(idleMs !== undefined && idleMs !== Number.POSITIVE_INFINITY && { idleMs }),
        ...(weights !== undefined && { weight: weights.get(slot) }),
      };
    });
  }

  /** Sets the entries of a dump, the coldest first. */
  restore(dump: Iterable<DumpedEntry<K, V>>): void {
    for (const { key, value, ...options } of dump)
      this.set(key, value, { ttlMs: Number.POSITIVE_INFINITY, idleMs: Number.POSITIVE_INFINITY, ...options });
  }

  stats(): CacheStats {
    const { hits, misses, hitRate, evictions, expirations, rejections } = this.#counters;
    this.#counters.settle(this.size);
    return {
      strategy: this.strategy,
      hits,
      misses,
      hitRate,
      size: this.size,
      maxSize: this.maxSize,
      weight: this.#store.weights?.total,
      evictions,
      expirations,
      rejections,
      listenerErrors: this.#removals.errors,
      recent: this.#counters.recent(),
    };
  }

  /** Tells the listener of every removal from now on, until the returned subscription is disposed. */
  onRemoval(listener: RemovalListener<K, V>): Disposable {
    return this.#removals.add(listener);
  }

  /** Stops timers and loads; their callers get CacheError `closed`. The entries stay readable. */
  close(): void {
    clearInterval(this.#cleanup);
    this.#stopShrinking?.();
    this.#loads.close();
    this.#ownClock?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #freshSlot(key: K): number | undefined {
    const { table, lifetimes } = this.#store;
    const slot = table.index.get(key);
    return slot === undefined || lifetimes?.isFresh(slot) === false ? undefined : slot;
  }

  #miss(key: K, expired: number | undefined): undefined {
    this.#counters.miss(this.size);
    if (expired === undefined) this.#missedKey = key;
    else if (this.#store.lifetimes!.isOver(expired)) {
      this.#store.remove(expired, "expire");
      this.#removals.flush();
    }
  }

  #findStale(key: K): { value: V; staleMs: number } | undefined {
    const { table, lifetimes } = this.#store;
    const slot = table.index.get(key);
    if (slot === undefined || lifetimes === undefined) return undefined;
    return { value: table.values[slot] as V, staleMs: lifetimes.staleMs(slot) };
  }

  #write(key: K, value: V, options: SetOptions | undefined, graceMs: number): void {
    const lifetime = this.#entryOptions.lifetimeOf(options, graceMs);
    const weight = this.#entryOptions.weightOf(key, value, options);
    const present = key === this.#missedKey ? undefined : this.#store.table.index.get(key);
    this.#missedKey = NO_KEY;
    if (this.#store.weights !== undefined && weight > this.#store.weights.maxWeight) this.#reject(key, value, present);
    else if (present === undefined) this.#store.insert(key, value, lifetime, weight);
    else this.#store.replace(present, value, lifetime, weight);
    if (this.#removals.active) this.#removals.flush();
  }

  #reject(key: K, value: V, present: number | undefined): void {
    this.#counters.rejections++;
    if (present !== undefined) this.#store.remove(present, "replace");
    if (this.#removals.active) this.#removals.note(key, value, "reject");
  }

  #leave(key: K, reason: RemovalReason): boolean {
    this.#loads.detach(key);
    const slot = this.#store.table.index.get(key);
    if (slot === undefined) return false;
    const fresh = this.#store.lifetimes?.isFresh(slot) !== false;
    this.#store.remove(slot, fresh ? reason : "expire");
    this.#removals.flush();
    return fresh;
  }
}
