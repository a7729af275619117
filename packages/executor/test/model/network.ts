import { ExecutorError } from "../../src/errors.ts";
import type { StatefulStore } from "../../src/store/store.ts";

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const timeoutMs = 300;
/** In virtual time. */
export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One process's way to the store: it delays, drops and repeats what is sent, and can be cut. */
export class Network {
  cut = false;
  /** Share of messages that go wrong, 0 to 1. */
  chaos = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** `store` as this process sees it. */
  wrap(store: StatefulStore): StatefulStore {
    return new Proxy(store, {
      get: (target, operation: keyof StatefulStore) => {
        if (operation === "subscribe")
          return (...args: Parameters<StatefulStore["subscribe"]>) => this.#subscribe(target, args);
        const method = (target[operation] as (...args: unknown[]) => Promise<unknown>).bind(target);
        return (...args: unknown[]) => this.#call(() => method(...args));
      },
    });
  }

  // News are lost and late like everything else, but a gap is told only after they could be heard again.
  #subscribe(store: StatefulStore, [service, listener]: Parameters<StatefulStore["subscribe"]>): Disposable {
    return store.subscribe(service, (event) => {
      void wait(this.#delayMs()).then(() => {
        if (!this.#lost()) listener(event);
      });
    });
  }

  async #call(send: () => Promise<unknown>): Promise<unknown> {
    const lost = new ExecutorError("TIMEOUT", "no answer", { retryable: true, outcome: "unknown" });
    const answer = this.#deliver(send);
    return Promise.race([
      answer,
      wait(timeoutMs).then(() => {
        throw lost;
      }),
    ]);
  }

  // What is late or repeated takes effect all the same, long after its sender has given up.
  async #deliver(send: () => Promise<unknown>): Promise<unknown> {
    await wait(this.#delayMs());
    if (this.#lost()) return new Promise(() => {});
    const reply = send();
    if (this.#random() < this.chaos / 2)
      void wait(this.#delayMs() * 5)
        .then(send)
        .catch(() => undefined);
    const value = await reply;
    await wait(this.#delayMs());
    return this.#lost() ? new Promise(() => {}) : value;
  }

  #lost(): boolean {
    return this.cut || this.#random() < this.chaos / 2;
  }

  #delayMs(): number {
    return this.#random() < this.chaos ? this.#random() * 2 * timeoutMs : this.#random() * 3;
  }
}
