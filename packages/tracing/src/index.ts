/// <reference lib="esnext.disposable" preserve="true" />
export { type AttributeNames, attributeNames, legacyAttributeNames } from "./attributes.ts";
export { TracingError, type TracingErrorCode, type TracingErrorOptions } from "./errors.ts";
export { meterMetrics } from "./meter-metrics.ts";
export { type MetricNames, metricNames } from "./metric-names.ts";
export type { OperationDuration } from "./operation-durations.ts";
export type {
  CacheOperationOptions,
  HealthCheckOptions,
  KeyVisibility,
  LoadBalancerOperationOptions,
  RedisCommandOptions,
  RouteLookupOptions,
} from "./operation-options.ts";
export type { Clock, LogPort, MetricAttributes, MetricsPort, Random } from "./ports.ts";
export { extractContext, type HeaderSource, injectContext, parseTraceparent } from "./propagation.ts";
export { type KeyHash, keyedHash } from "./redaction/keyed-hash.ts";
export type { SecretPattern } from "./redaction/patterns.ts";
export { RedactingExporter, RedactingProcessor } from "./redaction/redacting-processor.ts";
export {
  defaultRedactionRules,
  type RedactionMode,
  type RedactionRule,
  Redactor,
  type RedactorOptions,
} from "./redaction/redactor.ts";
export { RequestTracer, type StartedRequest } from "./request-tracer.ts";
export {
  type HeadDecision,
  type RequestTracerOptions,
  requestTracerDefaults,
  type TraceOptions,
} from "./request-tracer-options.ts";
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
