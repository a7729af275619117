import {
  type Context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from "@opentelemetry/api";

/** Where headers are read from: an object with lower-case names, as Node gives it, or anything with `get`, as `fetch` has it. */
export type HeaderSource =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null | undefined };

/** W3C Trace Context: version, trace id, span id, flags; later versions may add fields behind a dash. */
const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const flagBits = 0xff;

const readHeader = (headers: HeaderSource, name: string): string | undefined => {
  const { get } = headers as { get?: unknown };
  const value =
    typeof get === "function"
      ? (headers as { get(name: string): string | null | undefined }).get(name)
      : (headers as Readonly<Record<string, string | readonly string[] | undefined>>)[name];
  return typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : undefined;
};

/** The span context in a `traceparent` header, or `undefined` where it breaks the W3C rules. */
export const parseTraceparent = (header: string): SpanContext | undefined => {
  const [, version, traceId, spanId, flags, more] = traceparentForm.exec(header.trim()) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  const context = { traceId: traceId!, spanId: spanId!, traceFlags: parseInt(flags!, 16), isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
};

/** `parent` with the remote span of W3C headers in it, or `parent` itself where there is none. */
export const extractContext = (headers: HeaderSource, parent: Context = ROOT_CONTEXT): Context => {
  const traceparent = readHeader(headers, "traceparent");
  const remote = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  if (remote === undefined) return parent;
  const tracestate = readHeader(headers, "tracestate");
  return trace.setSpanContext(parent, tracestate ? { ...remote, traceState: createTraceState(tracestate) } : remote);
};

/** Writes the span of `context` into `headers` as `traceparent` and `tracestate`; nothing without a span. */
export const injectContext = (context: Context, headers: Record<string, string>): void => {
  const span = trace.getSpanContext(context);
  if (span === undefined || !isSpanContextValid(span)) return;
  const flags = (span.traceFlags & flagBits).toString(16).padStart(2, "0");
  headers["traceparent"] = `00-${span.traceId}-${span.spanId}-${flags}`;
  const state = span.traceState?.serialize();
  if (state) headers["tracestate"] = state;
};
