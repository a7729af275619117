import { TracingError } from "../errors.ts";
import type { FinishedSpan, FinishedSpanExporter, SpanExportResult } from "../types.ts";
import { requireInteger } from "../validation.ts";

/** Keeps the newest spans in memory, for tests and for a debug page. */
export class MemoryExporter implements FinishedSpanExporter {
  readonly #maxSpans: number;
  #spans: FinishedSpan[] = [];
  #closed = false;

  /** Keeps at most `maxSpans`. */
  constructor(maxSpans: number = 10_000) {
    this.#maxSpans = requireInteger("maxSpans", maxSpans, 1);
  }

  /** The kept spans, oldest first. */
  get spans(): readonly FinishedSpan[] {
    return this.#spans;
  }

  export(spans: FinishedSpan[], resultCallback: (result: SpanExportResult) => void): void {
    if (this.#closed) {
      resultCallback({ code: 1, error: new TracingError("closed", "The exporter is shut down") });
      return;
    }
    for (const span of spans) this.#spans.push(span);
    if (this.#spans.length > this.#maxSpans) this.#spans = this.#spans.slice(-this.#maxSpans);
    resultCallback({ code: 0 });
  }

  /** Forgets the kept spans. */
  reset(): void {
    this.#spans = [];
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}
