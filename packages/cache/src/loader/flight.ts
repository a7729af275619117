import { CacheError } from "../errors.ts";
import { unref } from "../unref.ts";
import type { LoadResult } from "./load-options.ts";

/** One call of a loader, shared by all who ask for its key meanwhile. */
export class Flight<K, V> {
  /** Settles with the loader, or when the load is aborted, whichever is first. */
  readonly result: Promise<V | undefined>;
  /** False once its key was written or invalidated: what it brings is older than that, and must not be stored. */
  isCurrent = true;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting = 0;

  /** What `land` does with the value, and throws, is part of the load. */
  constructor(
    key: K,
    loader: (key: K, signal: AbortSignal) => LoadResult<V>,
    hardTimeoutMs: number,
    land: (value: V | undefined) => void,
  ) {
    const { signal } = this.#controller;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    // In a later microtask, so that a loader that throws at once fails like any other.
    const loaded = Promise.resolve().then(() => loader(key, signal));
    this.result = Promise.race([loaded, aborted])
      .finally(() => clearTimeout(this.#timer))
      .then((value) => {
        land(value);
        return value;
      });
    // A load that nobody waits for any more may fail without being an unhandled rejection.
    this.result.catch(() => {});
    if (hardTimeoutMs > 0) this.#timer = unref(setTimeout(() => this.abort(lateLoad(hardTimeoutMs)), hardTimeoutMs));
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Somebody waits from now on, until `leave`. */
  join(): void {
    this.#waiting++;
  }

  /** Returns whether that was the last one. */
  leave(): boolean {
    return --this.#waiting === 0;
  }
}

const lateLoad = (hardTimeoutMs: number): CacheError =>
  new CacheError("load-timeout", `the loader took longer than hardTimeoutMs, ${hardTimeoutMs} ms`);
