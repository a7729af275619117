import QuickLRU from "quick-lru";
import type { MissCauses, RemovalReason } from "../types.ts";

type Cause = keyof MissCauses;

const CAUSES: Partial<Record<RemovalReason, Cause>> = {
  evict: "capacity",
  reject: "capacity",
  expire: "expired",
  delete: "invalidated",
  invalidate: "invalidated",
  clear: "invalidated",
};

/** Counts misses by why their key was not there; remembers a bounded number of keys that left. */
export class MissCauseCounter<K> {
  readonly #counts: Record<Cause, number> = { cold: 0, capacity: 0, expired: 0, invalidated: 0 };
  readonly #left: QuickLRU<K, Cause>;

  constructor(maxKeys: number) {
    this.#left = new QuickLRU({ maxSize: maxKeys });
  }

  /** A key that left. */
  leave(key: K, reason: RemovalReason): void {
    const cause = CAUSES[reason];
    if (cause !== undefined) this.#left.set(key, cause);
  }

  /** A miss; `expired` if the key is there, but too old. */
  miss(key: K, expired: boolean): void {
    this.#counts[expired ? "expired" : (this.#left.get(key) ?? "cold")]++;
  }

  counts(): MissCauses {
    return { ...this.#counts };
  }
}
