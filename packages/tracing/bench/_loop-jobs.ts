import { createHook } from "node:async_hooks";
import { waitedForCoreMs } from "./_thread-time.ts";

/**
 * Measures the jobs of this thread's loop: each callback of a timer, a socket, the thread pool or `setImmediate`, with the
 * ticks and promises that it leaves. That is how long everything else has to wait. What lies between jobs is not measured:
 * there the loop is free, and a pause of the machine would be found in the longest of many idle turns.
 */
export class LoopJobs {
  longestMs = 0;
  readonly #ticks = new Set<number>();
  readonly #hook = createHook({
    init: (id, type) => {
      if (type === "TickObject") this.#ticks.add(id);
    },
    before: (id) => {
      if (this.#depth++ === 0 && !this.#ticks.delete(id)) this.begin();
    },
    after: () => {
      this.#depth--;
    },
    trackPromises: false,
  });
  #depth = 0;
  #startedAt: number | undefined;
  #waitedMs = 0;

  start(): void {
    this.#hook.enable();
  }

  stop(): void {
    this.#hook.disable();
  }

  /** A job begins: called by the hook, and by who makes a job of its own inside another one. */
  begin(): void {
    this.end();
    this.#waitedMs = waitedForCoreMs();
    this.#startedAt = performance.now();
  }

  /** The loop is back: what began last has ended. */
  end(): void {
    if (this.#startedAt === undefined) return;
    const ms = performance.now() - this.#startedAt - (waitedForCoreMs() - this.#waitedMs);
    this.longestMs = Math.max(this.longestMs, ms);
    this.#startedAt = undefined;
  }
}
