import type { Clock } from "../ports.ts";
import { withTimeout } from "../timeout.ts";

/** When and how long a {@link Collector} may run. */
export interface CollectorTiming {
  /** The least time between two runs. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Fills a family before a reading, at most once per interval. */
export class Collector {
  readonly #run: () => void | Promise<void>;
  readonly #timing: CollectorTiming;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(run: () => void | Promise<void>, timing: CollectorTiming) {
    this.#run = run;
    this.#timing = timing;
  }

  /** Runs it when it is due. After a failure it is due again at once. */
  async collect(): Promise<void> {
    const { intervalMs, timeoutMs, clock } = this.#timing;
    const nowMs = intervalMs > 0 ? clock.now() : 0;
    if (intervalMs > 0 && nowMs < this.#dueMs) return;
    const running = this.#run();
    if (running !== undefined) await withTimeout(running, timeoutMs);
    this.#dueMs = nowMs + intervalMs;
  }
}
