import { type CacheParts, createParts } from "./cache-parts.ts";
import { Diagnostician } from "./diagnosis/diagnostician.ts";
import { dumpEntry, FOREVER } from "./dump.ts";
import type { EntryOptions } from "./entry-options.ts";
import type { EntryStore } from "./entry-store.ts";
import type { LoadOptions, LoadResult } from "./loader/load-options.ts";
import { Loads } from "./loader/loads.ts";
import { checkFunction, checkInterval, checkMaxSize, checkStrategy, DEFAULTS } from "./options.ts";
import type { Removals } from "./removals.ts";
import { shrinkInSlices } from "./shrink.ts";
import type { Counters } from "./stats.ts";
import type {
  CacheOptions,
  CacheStats,
  CacheStrategy,
  Diagnosis,
  DumpedEntry,
  RemovalListener,
  RemovalReason,
  SetOptions,
} from "./types.ts";
import { unref } from "./unref.ts";

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
  readonly #parts: CacheParts<K, V>;
  readonly #cleanup: ReturnType<typeof setInterval> | undefined;
  /** Made with the first load, so that a `set` in a cache without any asks nothing more. */
  #loads: Loads<K, V> | undefined;
  #diagnostician: Diagnostician<K> | undefined;
  #stopShrinking: (() => void) | undefined;

  /** @throws RangeError or TypeError for a bad option, with its name, its rule and the value */
  constructor(options: CacheOptions<K, V>) {
    const interval = checkInterval("cleanupIntervalMs", options.cleanupIntervalMs ?? DEFAULTS.cleanupIntervalMs);
    this.#parts = createParts(options);
    this.#store = this.#parts.store;
    this.#counters = this.#parts.counters;
    this.#removals = this.#parts.removals;
    this.#entryOptions = this.#parts.entryOptions;
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
    return this.#store.order.strategy;
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
    const slot = store.table.find(key);
    if (slot === undefined || (store.lifetimes !== undefined && !store.lifetimes.isQuiet && !store.lifetimes.use(slot)))
      return this.#miss(key, slot);
    this.#counters.hits++;
    if (this.#diagnostician !== undefined) this.#diagnostician.hit(key);
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
    if (this.#loads !== undefined) this.#loads.detach(key);
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
    this.#loads?.detachAll();
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
   * @throws what the loader or `weigh` throws; the reason of `signal`; CacheError `load-timeout`, `closed`
   */
  load(key: K, loader: (key: K, signal: AbortSignal) => LoadResult<V>, options?: LoadOptions): Promise<V | undefined> {
    return this.#startLoads().load(key, checkFunction("loader", loader), options);
  }

  /** Changes the maximum. Fewer entries are reached in slices, so that the event loop goes on. */
  resize(maxSize: number): void {
    const store = this.#store;
    store.resize(checkMaxSize(maxSize));
    this.#diagnostician?.restart(maxSize, this.strategy, this.size > 0);
    this.#stopShrinking?.();
    this.#stopShrinking = shrinkInSlices(store, maxSize, () => this.#removals.flush());
  }

  /** Changes the strategy; the entries stay. */
  setStrategy(strategy: CacheStrategy): void {
    if (checkStrategy(strategy) === this.strategy) return;
    this.#store.setStrategy(strategy);
    this.#diagnostician?.restart(this.maxSize, strategy, this.size > 0);
  }

  /** Entries in the order in which they would leave, the first to leave first: those present now and still there when reached. */
  *entries(): Generator<[K, V]> {
    const { table } = this.#store;
    this.#store.settleHits();
    const keys = Array.from(this.#store.order.slots(), (slot) => table.keys[slot] as K);
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
    return Array.from(this.entries(), ([key, value]) => dumpEntry(this.#store, key, value));
  }

  /** Sets the entries of a dump, the coldest first. */
  restore(dump: Iterable<DumpedEntry<K, V>>): void {
    for (const { key, value, ...options } of dump) this.set(key, value, { ...FOREVER, ...options });
  }

  stats(): CacheStats {
    this.#counters.settle(this.size);
    return {
      ...this.#counters.snapshot(),
      strategy: this.strategy,
      size: this.size,
      maxSize: this.maxSize,
      weight: this.#store.weights?.total,
      listenerErrors: this.#removals.errors,
      adaptive: this.#store.order.report(),
    };
  }

  /** Why there are misses, and what other capacities would bring. The first call starts the watching: 0.1 to 1 us a request, most below 4,096 entries. */
  diagnose(): Diagnosis {
    if (this.#diagnostician === undefined) {
      const diagnostician = new Diagnostician<K>(this.maxSize, this.strategy, this.size > 0, this.#parts.random);
      this.#removals.add((key, _value, reason) => diagnostician.leave(key, reason));
      this.#diagnostician = diagnostician;
    }
    return this.#diagnostician.report();
  }

  /** Tells the listener of every removal from now on, until the returned subscription is disposed. */
  onRemoval(listener: RemovalListener<K, V>): Disposable {
    return this.#removals.add(listener);
  }

  /** Stops timers and loads; their callers get CacheError `closed`. The entries stay readable. */
  close(): void {
    clearInterval(this.#cleanup);
    this.#stopShrinking?.();
    this.#startLoads().close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #startLoads(): Loads<K, V> {
    this.#loads ??= new Loads<K, V>({
      ...this.#parts.ports,
      get: (key) => this.get(key),
      findStale: (key) => this.#store.findStale(key),
      store: (key, value, setOptions, graceMs) => this.#write(key, value, setOptions, graceMs),
      drop: (key) => this.#leave(key, "invalidate"),
    });
    return this.#loads;
  }

  #freshSlot(key: K): number | undefined {
    const { table, lifetimes } = this.#store;
    const slot = table.find(key);
    return slot === undefined || lifetimes?.isFresh(slot) === false ? undefined : slot;
  }

  #miss(key: K, expired: number | undefined): undefined {
    this.#counters.miss(this.size);
    this.#diagnostician?.miss(key, expired !== undefined);
    if (expired === undefined) this.#store.table.noteMissing(key);
    else if (this.#store.lifetimes!.isOver(expired)) {
      this.#store.remove(expired, "expire");
      this.#removals.flush();
    }
  }

  #write(key: K, value: V, options: SetOptions | undefined, graceMs: number): void {
    const entryOptions = this.#entryOptions;
    const isCommon = options === undefined && graceMs === 0 && entryOptions.isCommon;
    const lifetime = isCommon ? entryOptions.common : entryOptions.lifetimeOf(options, graceMs);
    const weight = this.#store.weights === undefined ? 1 : entryOptions.weightOf(key, value, options);
    const present = this.#store.table.isMissing(key) ? undefined : this.#store.table.find(key);
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
    this.#loads?.detach(key);
    const slot = this.#store.table.find(key);
    if (slot === undefined) return false;
    const fresh = this.#store.lifetimes?.isFresh(slot) !== false;
    this.#store.remove(slot, fresh ? reason : "expire");
    this.#removals.flush();
    return fresh;
  }
}
