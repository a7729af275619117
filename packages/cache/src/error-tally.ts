import type { Log } from "./ports.ts";

/** Counts errors of one cause, and logs the first. What the log throws is dropped: there is nobody left to tell. */
export class ErrorTally {
  count = 0;
  readonly #log: Log | undefined;
  readonly #message: string;

  constructor(log: Log | undefined, message: string) {
    this.#log = log;
    this.#message = message;
  }

  note(error: unknown): void {
    if (++this.count > 1) return;
    try {
      this.#log?.warn(`${this.#message}; further errors are only counted`, error);
    } catch {}
  }
}
