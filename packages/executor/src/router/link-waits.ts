import { routerClosed } from "./closed.ts";

/** Without news a link is read again after these times, in milliseconds: events are soon, but may be missed. */
const firstPollMs = 25;
const longestPollMs = 250;

/** How long to wait for news of a link before it is read for the `round`th time, in milliseconds. */
export const pollMs = (round: number): number => Math.min(firstPollMs * 2 ** round, longestPollMs);

/** Those who wait until a link changes. */
export class LinkWaits {
  readonly #waiting = new Map<string, Set<() => void>>();
  #isClosed = false;

  /**
   * Resolves at the next news of `uid`, after `delayMs`, or with the signal; rejects with `CLOSED`. Does not keep the
   * process alive.
   */
  async wait(uid: string, delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#isClosed && !signal.aborted) await this.#wait(uid, delayMs, signal);
    if (this.#isClosed) throw routerClosed();
  }

  /** There is news of `uid`. Answers whether somebody waited for it. */
  wake(uid: string): boolean {
    const waiting = this.#waiting.get(uid);
    for (const end of waiting ?? []) end();
    return waiting !== undefined;
  }

  close(): void {
    this.#isClosed = true;
    for (const uid of [...this.#waiting.keys()]) this.wake(uid);
  }

  #wait(uid: string, delayMs: number, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(uid) ?? new Set();
    this.#waiting.set(uid, waiting);
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        waiting.delete(end);
        if (waiting.size === 0 && this.#waiting.get(uid) === waiting) this.#waiting.delete(uid);
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      signal.addEventListener("abort", end);
      waiting.add(end);
    });
  }
}
