import { ParentBasedSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { FileExporter } from "@route/tracing/exporters";
import { SpanPipeline } from "@route/tracing/processors";
import { ConsistentProbabilitySampler, HeadSampler } from "@route/tracing/samplers";

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
  // Nobody asks the tracer for durations here: the monitor has them.
  if (traceFile === undefined) return { tracer: new RequestTracer({ maxOperations: 0 }), close: async () => {} };
  const pipeline = new SpanPipeline({ exporter: new FileExporter(traceFile) });
  const root = new ConsistentProbabilitySampler({ ratio });
  const head = new HeadSampler({ sampler: new ParentBasedSampler({ root }) });
  const tracerProvider = new TracerProvider({ sampler: head, idGenerator: head, spanProcessors: [pipeline] });
  const tracer = new RequestTracer({ tracerProvider, head, maxOperations: 0 });
  return { tracer, close: () => tracerProvider.shutdown() };
};
