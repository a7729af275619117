import { AnalysisError } from "../errors.ts";
import type { Collector, Log } from "../ports.ts";
import { oneLine } from "../text.ts";
import type { PerformanceMetrics } from "../types.ts";
import { checkMethods, checkText } from "../validate.ts";
import { withinTime } from "./within-time.ts";

/** How a collector is doing. */
export interface CollectorStatus {
  readonly name: string;
  /** Failures since its last success; 0 when all is well. */
  readonly consecutiveFailures: number;
  /** Why it failed last, while it fails. */
  readonly error?: string;
}

interface Entry {
  readonly collector: Collector;
  /** A call may ignore its signal and go on after it was given up. Until it settles, no second one is started beside it. */
  call: "none" | "open" | "given-up";
  consecutiveFailures: number;
  error: AnalysisError | undefined;
}

const reason = (cause: unknown): string => oneLine(cause instanceof Error ? cause.message : String(cause));

const callOf = async (entry: Entry, signal: AbortSignal): Promise<PerformanceMetrics | undefined> => {
  entry.call = "open";
  try {
    return await entry.collector.collect(signal);
  } finally {
    entry.call = "none";
  }
};

/** The collectors of an analyzer. They run side by side; one that fails or hangs costs the others nothing. */
export class Collectors {
  readonly #entries = new Map<string, Entry>();
  readonly #timeoutMs: number;
  readonly #log: Log;

  constructor(timeoutMs: number, log: Log) {
    this.#timeoutMs = timeoutMs;
    this.#log = log;
  }

  add(collector: Collector): void {
    const name = checkText("collector.name", collector.name);
    checkMethods(`collector "${name}"`, collector, ["collect"]);
    if (this.#entries.has(name)) throw new AnalysisError("COLLECTOR_EXISTS", `collector "${name}" already exists`);
    this.#entries.set(name, { collector, call: "none", consecutiveFailures: 0, error: undefined });
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  get statuses(): readonly CollectorStatus[] {
    return [...this.#entries].map(([name, { consecutiveFailures, error }]) => ({
      name,
      consecutiveFailures,
      ...(error && { error: error.message }),
    }));
  }

  /** Asks each for a sample and hands it to `accept`. Resolves with this round's failures; rejects only when `signal` aborts. */
  async collect(accept: (metrics: PerformanceMetrics) => void, signal: AbortSignal): Promise<AnalysisError[]> {
    signal.throwIfAborted();
    const entries = [...this.#entries.values()];
    await Promise.all(entries.map((entry) => this.#collectOne(entry, accept, signal)));
    signal.throwIfAborted();
    return entries.flatMap(({ error }) => error ?? []);
  }

  async #collectOne(entry: Entry, accept: (metrics: PerformanceMetrics) => void, signal: AbortSignal): Promise<void> {
    if (entry.call === "open") return; // Its sample comes with the round that asked for it.
    try {
      signal.throwIfAborted();
      const metrics = await this.#ask(entry, signal);
      if (metrics !== undefined) accept(metrics);
      this.#recover(entry);
    } catch (cause) {
      if (!signal.aborted) this.#fail(entry, cause);
    }
  }

  #recover(entry: Entry): void {
    if (entry.error === undefined) return;
    this.#log.info(`collector "${entry.collector.name}" works again; failures: ${entry.consecutiveFailures}`);
    entry.consecutiveFailures = 0;
    entry.error = undefined;
  }

  /** Logs once per cause; the count follows with the recovery. */
  #fail(entry: Entry, cause: unknown): void {
    const before = entry.error?.message;
    entry.consecutiveFailures++;
    entry.error =
      cause instanceof AnalysisError && cause.code === "COLLECTOR_TIMEOUT"
        ? cause
        : new AnalysisError("COLLECTOR_FAILED", `collector "${entry.collector.name}" failed: ${reason(cause)}`, {
            cause,
          });
    if (entry.error.message !== before) this.#log.warn(entry.error.message);
  }

  async #ask(entry: Entry, signal: AbortSignal): Promise<PerformanceMetrics | undefined> {
    const { name } = entry.collector;
    const late = (): AnalysisError =>
      new AnalysisError("COLLECTOR_TIMEOUT", `collector "${name}" did not answer within ${this.#timeoutMs} ms`);
    if (entry.call === "given-up") throw late();
    try {
      return await withinTime((aborted) => callOf(entry, aborted), this.#timeoutMs, late, signal);
    } finally {
      if (entry.call === "open") entry.call = "given-up";
    }
  }
}
