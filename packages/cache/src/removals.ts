import { ErrorTally } from "./error-tally.ts";
import { checkFunction } from "./options.ts";
import type { Log } from "./ports.ts";
import { runInSlices } from "./slices.ts";
import type { RemovalListener, RemovalReason } from "./types.ts";

/** Removals of a `clear` that listeners are told of in one turn: well below a millisecond with cheap listeners. */
const SLICE_REMOVALS = 1024;

/**
 * Tells listeners of removals. Within an operation removals are only noted; `flush` at its end delivers them, so that a
 * listener finds the cache consistent and may use it.
 */
export class Removals<K, V> {
  /** Whether anybody listens; checked before anything else is done for a removal. */
  active = false;
  readonly #listeners = new Set<RemovalListener<K, V>>();
  readonly #errors: ErrorTally;
  #pending: [K, V, RemovalReason][] = [];
  #delivering = false;

  constructor(log: Log | undefined) {
    this.#errors = new ErrorTally(log, "a removal listener of a cache threw");
  }

  /** Errors that listeners threw. */
  get errors(): number {
    return this.#errors.count;
  }

  add(listener: RemovalListener<K, V>): Disposable {
    checkFunction("onRemoval", listener);
    // Its own function, so that adding one listener twice gives two subscriptions.
    const subscription: RemovalListener<K, V> = (key, value, reason) => listener(key, value, reason);
    this.#listeners.add(subscription);
    this.active = true;
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(subscription);
        this.active = this.#listeners.size > 0;
      },
    };
  }

  note(key: K, value: V, reason: RemovalReason): void {
    this.#pending.push([key, value, reason]);
  }

  /** Delivers what was noted, also by the listeners themselves while they are told. */
  flush(): void {
    if (this.#delivering || this.#pending.length === 0) return;
    this.#delivering = true;
    for (let i = 0; i < this.#pending.length; i++) this.#deliver(...this.#pending[i]!);
    this.#pending = [];
    this.#delivering = false;
  }

  /** Tells of entries that left together: some at once, the rest in later turns of the event loop. */
  flushMany(entries: Iterable<[K, V]>, reason: RemovalReason): void {
    const rest = entries[Symbol.iterator]();
    runInSlices(() => {
      for (let told = 0; told < SLICE_REMOVALS; told++) {
        const { value, done } = rest.next();
        if (done === true) return true;
        this.#deliver(value[0], value[1], reason);
      }
      return false;
    });
  }

  #deliver(key: K, value: V, reason: RemovalReason): void {
    for (const listener of this.#listeners) {
      try {
        listener(key, value, reason);
      } catch (error) {
        this.#errors.note(error);
      }
    }
  }
}
