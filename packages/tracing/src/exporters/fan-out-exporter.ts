import { TracingError } from "../errors.ts";
import { AdaptiveBuffer } from "../pipeline/adaptive-buffer.ts";
import type { FinishedSpan, FinishedSpanExporter, SpanExportResult } from "../types.ts";
import { requireInteger, requireMethod } from "../validation.ts";

/** Options of a {@link FanOutExporter}. */
export interface FanOutExporterOptions {
  /** The backends by name. */
  readonly backends: Readonly<Record<string, FinishedSpanExporter>>;
  /** Batches that may wait for a slow backend before it loses new ones. */
  readonly maxWaitingBatches?: number;
}

/** Spans of one backend by outcome. received = exported + failed + dropped + queued. */
export interface BackendStats {
  readonly received: number;
  readonly exported: number;
  readonly failed: number;
  /** Lost because too many batches were waiting. */
  readonly dropped: number;
  readonly queued: number;
}

const defaultWaitingBatches = 64;

/** One backend with its own queue, so that its pace and its failures are its own. */
class Backend {
  readonly #exporter: FinishedSpanExporter;
  readonly #waiting: AdaptiveBuffer<FinishedSpan[]>;
  #running: Promise<void> | undefined;
  #received = 0;
  #exported = 0;
  #failed = 0;
  #dropped = 0;

  constructor(exporter: FinishedSpanExporter, maxWaiting: number) {
    this.#exporter = exporter;
    this.#waiting = new AdaptiveBuffer({ minItems: Math.min(8, maxWaiting), maxItems: maxWaiting });
  }

  take(spans: FinishedSpan[]): boolean {
    this.#received += spans.length;
    const taken = this.#waiting.offer(spans);
    if (!taken) this.#dropped += spans.length;
    this.#running ??= this.#work();
    return taken;
  }

  async flush(): Promise<void> {
    await this.#running;
    await this.#exporter.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#running;
    this.#waiting.close();
    await this.#exporter.shutdown();
  }

  stats(): BackendStats {
    const [received, exported, failed, dropped] = [this.#received, this.#exported, this.#failed, this.#dropped];
    return { received, exported, failed, dropped, queued: received - exported - failed - dropped };
  }

  async #work(): Promise<void> {
    for (let spans = this.#waiting.poll(); spans !== undefined; spans = this.#waiting.poll()) {
      const { code } = await this.#export(spans);
      if (code === 0) this.#exported += spans.length;
      else this.#failed += spans.length;
    }
    this.#running = undefined;
  }

  #export(spans: FinishedSpan[]): Promise<SpanExportResult> {
    return new Promise((resolve) => {
      try {
        this.#exporter.export(spans, resolve);
      } catch (error) {
        resolve({ code: 1, error: error as Error });
      }
    });
  }
}

/** Hands every batch to several backends. A slow or failing one neither delays nor fails the others; each has its own counts. */
export class FanOutExporter implements FinishedSpanExporter {
  readonly #backends: ReadonlyMap<string, Backend>;

  constructor(options: FanOutExporterOptions) {
    const maxWaiting = requireInteger("maxWaitingBatches", options.maxWaitingBatches ?? defaultWaitingBatches, 1);
    const entries = Object.entries(options.backends ?? {});
    if (entries.length === 0) throw new RangeError("backends must name at least one exporter, got none");
    for (const [name, exporter] of entries) requireMethod(`backends.${name}`, exporter, "export");
    this.#backends = new Map(entries.map(([name, exporter]) => [name, new Backend(exporter, maxWaiting)]));
  }

  /** Succeeds as soon as one backend has a place for the batch; what each made of it is in `stats`. */
  export(spans: FinishedSpan[], resultCallback: (result: SpanExportResult) => void): void {
    const taken = [...this.#backends.values()].map((backend) => backend.take(spans)).includes(true);
    if (taken) resultCallback({ code: 0 });
    else resultCallback({ code: 1, error: new TracingError("queue-full", "No backend has room", { retryable: true }) });
  }

  /** Waits for all backends; rejects with the first failure after all have ended. */
  async forceFlush(): Promise<void> {
    await this.#all((backend) => backend.flush());
  }

  async shutdown(): Promise<void> {
    await this.#all((backend) => backend.shutdown());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** The counts of each backend by its name. */
  stats(): Readonly<Record<string, BackendStats>> {
    return Object.fromEntries([...this.#backends].map(([name, backend]) => [name, backend.stats()]));
  }

  async #all(action: (backend: Backend) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled([...this.#backends.values()].map(action));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }
}
