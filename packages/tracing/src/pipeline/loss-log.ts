import type { LogPort } from "../ports.ts";

/** Tells the log of spans that are lost: the first time with its cause, and how many there were when it is over. */
export class LossLog {
  readonly #log: LogPort;
  readonly #what: string;
  #told = 0;
  #lost = 0;

  /** `what` became of the spans, e.g. "could not be exported". */
  constructor(log: LogPort, what: string) {
    this.#log = log;
    this.#what = what;
  }

  lost(spans: number, cause: unknown): void {
    this.#lost += spans;
    if (this.#told > 0) return;
    this.#told = spans;
    this.#log.warn(`${spans} spans ${this.#what}`, cause);
  }

  /** Nothing is being lost any more. */
  over(): void {
    if (this.#lost > this.#told) this.#log.warn(`${this.#lost} spans ${this.#what} in all`);
    this.#told = 0;
    this.#lost = 0;
  }
}
