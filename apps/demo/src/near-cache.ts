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

  clear(): void {
    this.#cache.clear();
  }
}
