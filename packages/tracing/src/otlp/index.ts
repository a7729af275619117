/// <reference lib="esnext.disposable" preserve="true" />
export type { Compression } from "./compression.ts";
export type { EncodedTraces } from "./encoded-traces.ts";
export type { DeliveryCounts, DeliveryStats } from "./http-delivery.ts";
export { encodeTracesJson } from "./json-encoder.ts";
export { OtlpHttpExporter, type OtlpHttpExporterStats, type PackedTraces } from "./otlp-http-exporter.ts";
export { type OtlpHttpExporterOptions, otlpHttpExporterDefaults } from "./otlp-http-exporter-options.ts";
export { heapMemory, ProtobufWriter, type WriterMemory } from "./protobuf-writer.ts";
export { SpanBatch } from "./span-batch.ts";
export { writeSpan } from "./span-encoder.ts";
export { encodeTraces } from "./trace-encoder.ts";
