/// <reference lib="esnext.disposable" preserve="true" />
export { type AttributeNames, attributeNames, legacyAttributeNames } from "./attributes.ts";
export { TracingError, type TracingErrorCode, type TracingErrorOptions } from "./errors.ts";
export type { OperationDuration } from "./operation-durations.ts";
export type {
  CacheOperationOptions,
  HealthCheckOptions,
  KeyVisibility,
  LoadBalancerOperationOptions,
  RedisCommandOptions,
  RouteLookupOptions,
} from "./operations.ts";
export type { Clock, LogPort, MetricAttributes, MetricsPort, Random } from "./ports.ts";
export { extractContext, type HeaderSource, injectContext, parseTraceparent } from "./propagation.ts";
export { type KeyHash, keyedHash } from "./redaction.ts";
export { RequestTracer, type StartedRequest } from "./request-tracer.ts";
export { type RequestTracerOptions, requestTracerDefaults, type TraceOptions } from "./request-tracer-options.ts";
export type { TraceInfo } from "./trace-info.ts";
export type {
  FinishedSpan,
  FinishedSpanExporter,
  FinishedSpanProcessor,
  SpanEvent,
  SpanExportResult,
  SpanResource,
  SpanScope,
} from "./types.ts";
