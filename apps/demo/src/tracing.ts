import { ParentBasedSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { FileExporter } from "@route/tracing/exporters";
import { SpanPipeline } from "@route/tracing/processors";
import { ConsistentProbabilitySampler } from "@route/tracing/samplers";

/** A tracer, and how to end it without losing spans. */
export interface Tracing {
  readonly tracer: RequestTracer;
  close(): Promise<void>;
}

/**
 * Spans go to `traceFile` as OTLP JSON lines; without it to whatever OpenTelemetry SDK the process has registered, if any.
 * `ratio` is the share of traces begun here that is kept; a client's decision about its own trace counts.
 */
export const openTracing = (traceFile: string | undefined, ratio = 1): Tracing => {
  if (traceFile === undefined) return { tracer: new RequestTracer(), close: async () => {} };
  const pipeline = new SpanPipeline({ exporter: new FileExporter(traceFile) });
  const sampler = new ParentBasedSampler({ root: new ConsistentProbabilitySampler({ ratio }) });
  const tracerProvider = new TracerProvider({ sampler, spanProcessors: [pipeline] });
  return { tracer: new RequestTracer({ tracerProvider }), close: () => tracerProvider.shutdown() };
};
