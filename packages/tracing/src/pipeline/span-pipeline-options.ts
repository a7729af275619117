import { type Clock, type LogPort, type MetricsPort, silentLog, systemClock } from "../ports.ts";
import type { FinishedSpanExporter } from "../types.ts";
import type { EncodedTracesExporter } from "./encoded-store.ts";

/** Options of a `SpanPipeline`. */
export interface SpanPipelineOptions {
  /** Where spans go: `OtlpHttpExporter` takes them encoded; any exporter of the SDK takes them as objects. */
  readonly exporter: EncodedTracesExporter | FinishedSpanExporter;
  /** Spans that wait or are being exported, at most. */
  readonly maxQueueSpans?: number;
  /** The memory that they take, at most: encoded, and compressed once their batch is closed. */
  readonly maxQueueBytes?: number;
  /** A batch is not closed for its count below this. */
  readonly minBatchSpans?: number;
  /** A batch never holds more. */
  readonly maxBatchSpans?: number;
  /** A batch is closed at this size. */
  readonly maxBatchBytes?: number;
  /** The adaptive wait for a batch to fill never falls below this. */
  readonly minWaitMs?: number;
  /** No span waits longer for its batch to close. */
  readonly maxWaitMs?: number;
  /** Exports at the same time, at most. An exporter of the SDK gets one at a time unless this is given, as the specification asks. */
  readonly maxConcurrency?: number;
  /** How long `forceFlush` and `shutdown` wait for exports. */
  readonly flushTimeoutMs?: number;
  readonly clock?: Clock;
  readonly log?: LogPort;
  readonly metrics?: MetricsPort;
}

/** What a `SpanPipeline` does unless told otherwise. A request costs the same whatever it holds, so batches are twice the official size. */
export const spanPipelineDefaults: Required<Omit<SpanPipelineOptions, "exporter" | "maxConcurrency" | "metrics">> =
  Object.freeze({
    maxQueueSpans: 262_144,
    maxQueueBytes: 67_108_864,
    minBatchSpans: 1_024,
    maxBatchSpans: 4_096,
    maxBatchBytes: 1_048_576,
    minWaitMs: 1_000,
    maxWaitMs: 5_000,
    flushTimeoutMs: 30_000,
    clock: systemClock,
    log: silentLog,
  });
