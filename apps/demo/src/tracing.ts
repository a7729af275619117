import { TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { FileExporter } from "@route/tracing/exporters";
import { SpanPipeline } from "@route/tracing/processors";

/** A tracer, and how to end it without losing spans. */
export interface Tracing {
  readonly tracer: RequestTracer;
  close(): Promise<void>;
}

/** Spans go to `traceFile` as OTLP JSON lines; without it to whatever OpenTelemetry SDK the process has registered, if any. */
export const openTracing = (traceFile: string | undefined): Tracing => {
  if (traceFile === undefined) return { tracer: new RequestTracer(), close: async () => {} };
  const pipeline = new SpanPipeline({ exporter: new FileExporter(traceFile) });
  const tracerProvider = new TracerProvider({ spanProcessors: [pipeline] });
  return { tracer: new RequestTracer({ tracerProvider }), close: () => tracerProvider.shutdown() };
};
