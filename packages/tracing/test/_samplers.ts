import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Sampler,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { FastIdGenerator } from "@route/tracing/samplers";

export const ids = new FastIdGenerator();
/** What `sampler` says about a trace with a new id. */
export const decide = (
  sampler: Sampler,
  context: Context = ROOT_CONTEXT,
  name = "GET /",
  attributes: Attributes = {},
) => sampler.shouldSample(context, ids.generateTraceId(), name, SpanKind.SERVER, attributes, []);
/** A context whose active span has these flags. */
export const parentContext = (traceFlags: number, isRemote: boolean): Context =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId: ids.generateTraceId(),
    spanId: ids.generateSpanId(),
    traceFlags,
    isRemote,
    traceState: createTraceState("ot=th:8"),
  });
