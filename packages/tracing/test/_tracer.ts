import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer, type RequestTracerOptions } from "@route/tracing";
import { MemoryExporter } from "@route/tracing/exporters";
import { expect } from "vitest";

/** A tracer whose spans go to a memory exporter. */
export const setUp = (options: RequestTracerOptions = {}) => {
  const exporter = new MemoryExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = new RequestTracer({ tracerProvider, ...options });
  const only = () => {
    expect(exporter.spans).toHaveLength(1);
    return exporter.spans[0]!;
  };
  return { exporter, tracer, only };
};
