import { type Context, createContextKey, ROOT_CONTEXT, type Span, trace } from "@opentelemetry/api";

/** The key of the active span; equal in all copies of the API because it is a registered symbol. */
export const spanKey: symbol = createContextKey("OpenTelemetry Context Key SPAN");

const probe: Span = trace.wrapSpanContext({ traceId: "", spanId: "", traceFlags: 0 });
const probeContext: Context = {
  getValue: (key) => (key === spanKey ? probe : undefined),
  setValue: () => probeContext,
  deleteValue: () => probeContext,
};

/** Should an API ever name its key differently, this is false, and its own way is taken. */
export const isSpanKeyKnown: boolean = trace.getSpan(probeContext) === probe;

/** The span of `context`. The root context, with which most requests begin, has none and is not asked: a look-up in a map. */
export const spanOf = (context: Context): Span | undefined =>
  context === ROOT_CONTEXT ? undefined : trace.getSpan(context);
