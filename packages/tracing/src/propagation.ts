import {
  type Context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from "@opentelemetry/api";
import { withSpan } from "./span-context-view.ts";
import { spanOf } from "./span-key.ts";
import { UnsampledSpan } from "./unsampled-span.ts";

/** Where headers are read from: an object with lower-case names, as Node gives it, or anything with `get`, as `fetch` has it. */
export type HeaderSource =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null | undefined };

// W3C Trace Context: version, trace id, span id, flags; later versions may add fields behind a dash.
const traceparentForm = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
/** Of version 00, which has no more fields. */
const traceparentLength = 55;
/** The two digits of each value of the flags. */
const flagDigits: readonly string[] = Array.from({ length: 256 }, (_, flags) => flags.toString(16).padStart(2, "0"));

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
  const text = header.trim();
  if (!traceparentForm.test(text) || (text.length > traceparentLength && text.startsWith("00"))) return undefined;
  const traceFlags = Number.parseInt(text.slice(53, 55), 16);
  return { traceId: text.slice(3, 35), spanId: text.slice(36, 52), traceFlags, isRemote: true };
};

/** `parent` with the remote span of W3C headers in it, or `parent` itself where there is none. */
export const extractContext = (headers: HeaderSource, parent: Context = ROOT_CONTEXT): Context => {
  const traceparent = readHeader(headers, "traceparent");
  const remote = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  if (remote === undefined) return parent;
  const tracestate = readHeader(headers, "tracestate");
  const spanContext = tracestate ? { ...remote, traceState: createTraceState(tracestate) } : remote;
  return withSpan(parent, trace.wrapSpanContext(spanContext));
};

/** Writes the span of `context` into `headers` as `traceparent` and `tracestate`; nothing without a span. */
export const injectContext = (context: Context, headers: Record<string, string>): void => {
  const span = spanOf(context);
  if (span === undefined) return;
  const spanContext = span.spanContext();
  // The ids of an unsampled span were checked, or made, when it was.
  if (!(span instanceof UnsampledSpan || isSpanContextValid(spanContext))) return;
  const { traceId, spanId, traceFlags, traceState } = spanContext;
  headers["traceparent"] = `00-${traceId}-${spanId}-${flagDigits[traceFlags & 0xff]}`;
  const state = traceState?.serialize();
  if (state) headers["tracestate"] = state;
};
