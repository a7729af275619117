import { type HrTime, SpanStatusCode } from "@opentelemetry/api";
import type { FinishedSpan } from "../../types.ts";

const milliseconds = ([seconds, nanos]: HrTime): number => seconds * 1_000 + nanos / 1_000_000;

/** The spans of one trace that have ended in this process, as tail policies see them. */
export class TraceView {
  readonly traceId: string;
  readonly spans: FinishedSpan[] = [];
  #root: FinishedSpan | undefined;
  #hasError = false;

  constructor(traceId: string) {
    this.traceId = traceId;
  }

  /** The span that has no parent in this process, once it has ended. */
  get root(): FinishedSpan | undefined {
    return this.#root;
  }

  /** Whether a span ended with the status ERROR. */
  get hasError(): boolean {
    return this.#hasError;
  }

  /** From the first start to the last end. */
  get durationMs(): number {
    let start = Number.POSITIVE_INFINITY;
    let end = Number.NEGATIVE_INFINITY;
    for (const span of this.spans) {
      start = Math.min(start, milliseconds(span.startTime));
      end = Math.max(end, milliseconds(span.endTime));
    }
    return Math.max(0, end - start);
  }

  /** Adds an ended span; true where it is the local root. */
  add(span: FinishedSpan): boolean {
    this.spans.push(span);
    if (span.status.code === SpanStatusCode.ERROR) this.#hasError = true;
    const parent = span.parentSpanContext;
    if (parent !== undefined && parent.isRemote !== true) return false;
    this.#root = span;
    return true;
  }
}
