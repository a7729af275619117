/** Runs at most one piece of work per key at a time, in order of arrival. */
export class Exclusive {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Settles when what runs for `key` now has ended; `undefined` if nothing runs. Never rejects. */
  running(key: string): Promise<unknown> | undefined {
    return this.#last.get(key)?.catch(() => undefined);
  }

  /** Starts at once if nothing runs for `key`. */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const running = before ? before.then(work, work) : work();
    this.#last.set(key, running);
    try {
      return await running;
    } finally {
      if (this.#last.get(key) === running) this.#last.delete(key);
    }
  }
}
