import QuickLRU from "quick-lru";
import { ErrorTally } from "../error-tally.ts";
import { CacheError } from "../errors.ts";
import type { CacheTracer, Clock, Log } from "../ports.ts";
import type { SetOptions } from "../types.ts";
import { Flight } from "./flight.ts";
import { checkLoadOptions, type LoadOptions, type LoadResult, type LoadSettings } from "./load-options.ts";
import { LATE, waitFor } from "./wait.ts";

/** Keys of which it is remembered that the loader found nothing. */
const MAX_NEGATIVES = 10_000;

/** What loads need of the cache that they fill. */
export interface LoadTarget<K, V> {
  readonly clock: Clock;
  readonly log: Log | undefined;
  readonly tracer: CacheTracer | undefined;
  get(key: K): V | undefined;
  /** An expired value that is still kept, and for how long it has been expired. */
  findStale(key: K): { readonly value: V; readonly staleMs: number } | undefined;
  /** Removes what there is under a key. */
  drop(key: K): void;
  store(key: K, value: V, options: SetOptions | undefined, graceMs: number): void;
}

/** Loads under way, and what they found to be absent. */
export class Loads<K, V> {
  readonly #target: LoadTarget<K, V>;
  readonly #flights = new Map<K, Flight<K, V>>();
  /** Until when each key counts as absent. Made with the first one. */
  #absentUntilMs: QuickLRU<K, number> | undefined;
  #closed = false;
  readonly #failures: ErrorTally;

  constructor(target: LoadTarget<K, V>) {
    this.#target = target;
    this.#failures = new ErrorTally(target.log, "a load of a cache failed");
  }

  async load(
    key: K,
    loader: (key: K, signal: AbortSignal) => LoadResult<V>,
    options: LoadOptions | undefined,
  ): Promise<V | undefined> {
    const settings = checkLoadOptions(options);
    if (this.#closed) throw closed();
    settings.signal?.throwIfAborted();
    const present = this.#target.get(key);
    if (present !== undefined || this.#isAbsent(key)) return present;
    const stale = this.#target.findStale(key);
    const flight = this.#flights.get(key) ?? this.#start(key, loader, settings);
    if (stale === undefined) return this.#wait(key, flight, 0, settings.signal) as Promise<V | undefined>;
    if (stale.staleMs < settings.staleWhileRevalidateMs) {
      // Held by nobody, so no caller's signal ends it.
      flight.join();
      return stale.value;
    }
    return this.#waitOrStale(key, flight, settings, stale);
  }

  /** What a load of this key brings from now on is too old to be stored, and whoever asks next starts a new one. */
  detach(key: K): void {
    if (this.#absentUntilMs !== undefined) this.#absentUntilMs.delete(key);
    if (this.#flights.size === 0) return;
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    flight.isCurrent = false;
    this.#flights.delete(key);
  }

  detachAll(): void {
    for (const flight of this.#flights.values()) flight.isCurrent = false;
    this.#flights.clear();
    this.#absentUntilMs?.clear();
  }

  close(): void {
    this.#closed = true;
    const flights = [...this.#flights.values()];
    this.detachAll();
    for (const flight of flights) flight.abort(closed());
  }

  #isAbsent(key: K): boolean {
    const untilMs = this.#absentUntilMs?.get(key);
    return untilMs !== undefined && untilMs > this.#target.clock.now();
  }

  #start(key: K, loader: (key: K, signal: AbortSignal) => LoadResult<V>, settings: LoadSettings): Flight<K, V> {
    const { tracer } = this.#target;
    const traced: typeof loader = (loaded, signal) =>
      tracer === undefined
        ? loader(loaded, signal)
        : tracer.traceCacheOperation("load", { key: String(loaded) }, () => loader(loaded, signal));
    const land = (value: V | undefined): void => this.#land(key, flight, value, settings);
    const flight: Flight<K, V> = new Flight(key, traced, settings.hardTimeoutMs, land);
    this.#flights.set(key, flight);
    flight.result.catch((error: unknown) => this.#fail(key, flight, error));
    return flight;
  }

  #land(key: K, flight: Flight<K, V>, value: V | undefined, settings: LoadSettings): void {
    if (!flight.isCurrent) return;
    this.#flights.delete(key);
    if (value !== undefined) {
      const graceMs = Math.max(settings.staleWhileRevalidateMs, settings.staleIfErrorMs);
      this.#target.store(key, value, settings.set, graceMs);
      return;
    }
    this.#target.drop(key);
    if (settings.negativeTtlMs > 0) {
      this.#absentUntilMs ??= new QuickLRU({ maxSize: MAX_NEGATIVES });
      this.#absentUntilMs.set(key, this.#target.clock.now() + settings.negativeTtlMs);
    }
  }

  #fail(key: K, flight: Flight<K, V>, error: unknown): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    this.#failures.note(error);
  }

  async #wait(
    key: K,
    flight: Flight<K, V>,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<V | undefined | typeof LATE> {
    flight.join();
    try {
      return await waitFor(flight.result, timeoutMs, signal);
    } finally {
      const wasLast = flight.leave();
      if (wasLast && signal?.aborted === true) {
        if (flight.isCurrent) this.#flights.delete(key);
        flight.isCurrent = false;
        flight.abort(signal.reason);
      }
    }
  }

  async #waitOrStale(
    key: K,
    flight: Flight<K, V>,
    settings: LoadSettings,
    stale: { readonly value: V; readonly staleMs: number },
  ): Promise<V | undefined> {
    const usable = stale.staleMs < settings.staleIfErrorMs;
    try {
      const value = await this.#wait(key, flight, usable ? settings.softTimeoutMs : 0, settings.signal);
      return value === LATE ? stale.value : value;
    } catch (error) {
      if (!usable || settings.signal?.aborted === true || this.#closed) throw error;
      return stale.value;
    }
  }
}

const closed = (): CacheError => new CacheError("closed", "the cache is closed");
