import type { Attributes, HrTime, Span } from "@opentelemetry/api";
import type { FinishedSpan } from "./types.ts";

/** What is known about a span: its ids always, the rest where it is recording and the SDK tells. */
export interface TraceInfo {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  readonly recording: boolean;
  readonly parentSpanId?: string;
  readonly operation?: string;
  /** Wall time in ms since 1970. */
  readonly startedAtMs?: number;
  readonly attributes?: Attributes;
}

const milliseconds = ([seconds, nanos]: HrTime): number => seconds * 1_000 + nanos / 1_000_000;

/** Reads the real values of `span`; nothing is made up for a span that is not recording. */
export const traceInfo = (span: Span): TraceInfo => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const recording = span.isRecording();
  const ids = { traceId, spanId, sampled: (traceFlags & 1) === 1, recording };
  if (!recording) return ids;
  const { name, startTime, attributes, parentSpanContext } = span as Partial<FinishedSpan>;
  return {
    ...ids,
    ...(parentSpanContext && { parentSpanId: parentSpanContext.spanId }),
    ...(name !== undefined && { operation: name }),
    ...(startTime && { startedAtMs: milliseconds(startTime) }),
    ...(attributes && { attributes: { ...attributes } }),
  };
};
