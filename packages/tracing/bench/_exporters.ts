import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from "@opentelemetry/sdk-trace";
import type { EncodedTraces } from "@route/tracing/otlp";
import { type EncodedTracesExporter, SpanPipeline } from "@route/tracing/processors";

/** The official serializer behind an exporter that throws the bytes away. */
export const officialSerializing: SpanExporter = {
  export: (spans, done) => {
    ProtobufTraceSerializer.serializeRequest(spans);
    done({ code: 0 });
  },
  shutdown: async () => {},
};

/** Joins the encoded parts, as compression needs them, and throws the bytes away. */
export const encodedDiscarding: EncodedTracesExporter = {
  encoding: "protobuf",
  exportEncoded: async (traces: EncodedTraces) => {
    Buffer.concat(traces.parts, traces.sizeBytes);
    return { accepted: traces.spanCount, rejected: 0 };
  },
  shutdown: async () => {},
};

export const officialBatching = (exporter: SpanExporter = officialSerializing): BatchSpanProcessor =>
  new BatchSpanProcessor({ exporter, maxExportBatchSize: 512, maxQueueSize: 2_048, scheduledDelayMillis: 60_000 });

export const ourPipeline = (exporter: EncodedTracesExporter | SpanExporter = encodedDiscarding): SpanPipeline =>
  new SpanPipeline({ exporter: exporter as EncodedTracesExporter, minBatchSpans: 512, maxBatchSpans: 512 });

/** What a processor bench needs of a processor of either kind. */
export interface EndedSpanTaker {
  onEnd(span: ReadableSpan): void;
  forceFlush(): Promise<void>;
}
