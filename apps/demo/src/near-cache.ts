import type { Cache } from "@route/cache";
import type { Hint, NearCachePort } from "@route/executor";

/** The router's hints in a bounded cache that can be switched off while it is in use. */
export class HintCache implements NearCachePort<Hint> {
  readonly #cache: Cache<string, Hint>;
  readonly #isOn: () => boolean;

  constructor(cache: Cache<string, Hint>, isOn: () => boolean) {
    this.#cache = cache;
    this.#isOn = isOn;
  }

  get(uid: string): Hint | undefined {
    return this.#isOn() ? this.#cache.get(uid) : undefined;
  }

  set(uid: string, hint: Hint): void {
    if (this.#isOn()) this.#cache.set(uid, hint);
  }

  delete(uid: string): void {
    this.#cache.delete(uid);
  }

  /**
   * Makes every hint too old to be followed while the store answers. Where a part of it is away, as in a failover, an old
   * hint is still better than none: the pod is the arbiter.
   */
  clear(): void {
    for (const [uid, { link }] of [...this.#cache]) this.#cache.set(uid, { link, readAtMs: Number.NEGATIVE_INFINITY });
  }
}
