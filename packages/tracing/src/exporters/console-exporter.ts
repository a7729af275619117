import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { FinishedSpan, FinishedSpanExporter, SpanExportResult } from "../types.ts";

const durationMs = ({ duration: [seconds, nanos] }: FinishedSpan): number => seconds * 1_000 + nanos / 1_000_000;

/** One line per span: trace, span, kind, name, duration, status, attributes. */
export const formatSpan = (span: FinishedSpan): string => {
  const { traceId, spanId } = span.spanContext();
  const status = span.status.code === SpanStatusCode.ERROR ? ` ERROR ${span.status.message ?? ""}`.trimEnd() : "";
  const attributes = Object.keys(span.attributes).length > 0 ? ` ${JSON.stringify(span.attributes, printable)}` : "";
  return `${traceId} ${spanId} ${SpanKind[span.kind]} ${span.name} ${durationMs(span).toFixed(3)} ms${status}${attributes}`;
};

const printable = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);

/** Prints one line per span. */
export class ConsoleExporter implements FinishedSpanExporter {
  readonly #print: (line: string) => void;

  /** Prints with `print` instead of `console.log` where given. */
  constructor(print: (line: string) => void = (line) => console.log(line)) {
    this.#print = print;
  }

  export(spans: FinishedSpan[], resultCallback: (result: SpanExportResult) => void): void {
    for (const span of spans) this.#print(formatSpan(span));
    resultCallback({ code: 0 });
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
