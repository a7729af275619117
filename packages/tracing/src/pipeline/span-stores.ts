import type { BufferPool } from "../buffer-pool.ts";
import type { EncodedTraces } from "../otlp/encoded-traces.ts";
import { SpanBatch } from "../otlp/span-batch.ts";
import type { FinishedSpan, FinishedSpanExporter } from "../types.ts";
import type { BatchStore } from "./smart-batcher.ts";
import type { SpanLedger } from "./span-ledger.ts";

/** What became of the spans of one request. The others of the batch failed. */
export interface ExportCounts {
  readonly accepted: number;
  /** Refused by the receiver although it took the request. */
  readonly rejected: number;
}

/** An exporter that takes spans already encoded as OTLP protobuf, several requests at a time. */
export interface EncodedTracesExporter {
  readonly encoding: "protobuf" | "json";
  exportEncoded(traces: EncodedTraces, signal?: AbortSignal): Promise<ExportCounts>;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A closed batch that can be exported once and must then be released. */
export interface PendingBatch {
  readonly spans: number;
  readonly sizeBytes: number;
  export(signal: AbortSignal): Promise<ExportCounts>;
  release(): void;
}

/** What a span object keeps alive, roughly, with 8 attributes and 2 events; measured in `bench/`. */
const spanObjectBytes = 1_536;

/** Encodes each span as it arrives. */
export const encodedStore = (
  exporter: EncodedTracesExporter,
  pool: BufferPool,
  ledger: SpanLedger,
  maxBytes: number,
): BatchStore<FinishedSpan, PendingBatch> => {
  let batch = new SpanBatch(pool);
  const pending = (closed: SpanBatch): PendingBatch => ({
    spans: closed.spanCount,
    sizeBytes: closed.sizeBytes,
    export: async (signal) => {
      await closed.settle();
      return exporter.exportEncoded(closed.frame(), signal);
    },
    release: () => closed.release(),
  });
  return {
    add: (span) => {
      const sizeBytes = batch.append(span);
      if (ledger.queuedBytes + sizeBytes > maxBytes) {
        batch.undo(sizeBytes);
        return -1;
      }
      ledger.queued++;
      ledger.queuedBytes += sizeBytes;
      return sizeBytes;
    },
    take: () => {
      const closed = batch;
      closed.trim();
      batch = new SpanBatch(pool);
      return pending(closed);
    },
  };
};

/** Keeps span objects, for exporters of the SDK. Their size is an estimate. */
export const objectStore = (
  exporter: FinishedSpanExporter,
  ledger: SpanLedger,
  maxBytes: number,
): BatchStore<FinishedSpan, PendingBatch> => {
  let spans: FinishedSpan[] = [];
  const pending = (closed: FinishedSpan[]): PendingBatch => ({
    spans: closed.length,
    sizeBytes: closed.length * spanObjectBytes,
    export: async () => {
      for (const resource of new Set(closed.map((span) => span.resource)))
        if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
      await new Promise<void>((resolve, reject) => {
        exporter.export(closed, ({ code, error }) =>
          code === 0 ? resolve() : reject(error ?? new Error(`The exporter answered with code ${code}`)),
        );
      });
      return { accepted: closed.length, rejected: 0 };
    },
    release: () => {},
  });
  return {
    add: (span) => {
      if (ledger.queuedBytes + spanObjectBytes > maxBytes) return -1;
      spans.push(span);
      ledger.queued++;
      ledger.queuedBytes += spanObjectBytes;
      // What the objects keep alive says nothing about the size of a request, so batches close by count and age only.
      return 0;
    },
    take: () => {
      const closed = spans;
      spans = [];
      return pending(closed);
    },
  };
};
