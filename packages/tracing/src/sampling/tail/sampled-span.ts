import { TraceFlags } from "@opentelemetry/api";
import { SpanView } from "../../span-view.ts";
import type { FinishedSpan } from "../../types.ts";

/** `span` itself where it is sampled, else a view of it that is: processors behind a tail sampler export nothing else. */
export const asSampled = (span: FinishedSpan): FinishedSpan => {
  const context = span.spanContext();
  if ((context.traceFlags & TraceFlags.SAMPLED) !== 0) return span;
  return new SpanView(span, { context: { ...context, traceFlags: context.traceFlags | TraceFlags.SAMPLED } });
};
