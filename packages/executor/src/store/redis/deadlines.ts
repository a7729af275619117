import { type Waiting, WaitingList } from "./waiting-list.ts";

/** What {@link Deadlines} work with. */
export interface DeadlinesOptions {
  readonly timeoutMs: number;
  /** The longest time between two looks at what waits, while something does. */
  readonly lookEveryMs: number;
  /** Nothing that waits is late yet, but the first has waited for `lookEveryMs` and more. */
  readonly onSlow: () => void;
  /** These have waited for `timeoutMs`, and are not waited for any more. */
  readonly onLate: (late: readonly Waiting[], nowMs: number) => void;
}

/** The end of calls that are not answered in time: one timer for all of them, so that a call costs next to nothing. */
export class Deadlines {
  readonly #options: DeadlinesOptions;
  readonly #waiting = new WaitingList();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DeadlinesOptions) {
    this.#options = options;
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    this.#timer ??= this.#lookIn(this.#options.timeoutMs);
  }

  /** It was answered. Does nothing for a call that was late. */
  remove(waiting: Waiting): void {
    this.#waiting.remove(waiting);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #lookIn(delayMs: number): NodeJS.Timeout {
    return setTimeout(this.#look, Math.max(Math.min(delayMs, this.#options.lookEveryMs), 1)).unref();
  }

  readonly #look = (): void => {
    const { timeoutMs, lookEveryMs, onSlow, onLate } = this.#options;
    const nowMs = performance.now();
    this.#timer = undefined;
    const late: Waiting[] = [];
    for (let first = this.#waiting.first; first; first = this.#waiting.first) {
      const leftMs = first.sentAtMs + timeoutMs - nowMs;
      if (leftMs > 0) {
        if (timeoutMs - leftMs >= lookEveryMs) onSlow();
        this.#timer = this.#lookIn(leftMs);
        break;
      }
      this.#waiting.remove(first);
      late.push(first);
    }
    if (late.length > 0) onLate(late, nowMs);
  };
}
