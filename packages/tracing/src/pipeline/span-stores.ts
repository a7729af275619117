import { setImmediate as nextTurn } from "node:timers/promises";
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

/** A batch that needs less memory than its spans, and can be exported once. */
export interface PackedBatch {
  readonly sizeBytes: number;
  export(signal?: AbortSignal): Promise<ExportCounts>;
}

/** An exporter that takes spans already encoded as OTLP protobuf, several requests at a time. */
export interface EncodedTracesExporter {
  readonly encoding: "protobuf" | "json";
  /** Where present, each batch goes through it at once, so that batches that wait are small. It must not keep views of `traces`. */
  readonly pack?: ((traces: EncodedTraces) => Promise<PackedBatch>) | undefined;
  exportEncoded(traces: EncodedTraces, signal?: AbortSignal): Promise<ExportCounts>;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A closed batch that can be exported once and must then be released. */
export interface PendingBatch {
  readonly spans: number;
  readonly sizeBytes: number;
  /** Resolves with the bytes that it keeps once it may be exported; `undefined`: at once. */
  readonly ready: Promise<number> | undefined;
  export(signal: AbortSignal): Promise<ExportCounts>;
  release(): void;
}

/** What a span object keeps alive, roughly, with 8 attributes and 2 events; measured in `bench/`. */
const spanObjectBytes = 1_536;

/** A closed batch of encoded spans, packed where the exporter can. */
class EncodedBatch implements PendingBatch {
  readonly spans: number;
  readonly sizeBytes: number;
  readonly ready: Promise<number>;
  readonly #exporter: EncodedTracesExporter;
  #encoded: SpanBatch | undefined;
  #packed: PackedBatch | undefined;

  constructor(encoded: SpanBatch, exporter: EncodedTracesExporter) {
    this.spans = encoded.spanCount;
    this.sizeBytes = encoded.sizeBytes;
    this.#encoded = encoded;
    this.#exporter = exporter;
    this.ready = this.#prepare(encoded);
  }

  export(signal: AbortSignal): Promise<ExportCounts> {
    if (this.#packed) return this.#packed.export(signal);
    return this.#exporter.exportEncoded(this.#encoded!.frame(), signal);
  }

  release(): void {
    this.#encoded?.release();
    this.#encoded = undefined;
  }

  async #prepare(encoded: SpanBatch): Promise<number> {
    // Framing is not the work of the turn in which the batch happened to close.
    await nextTurn();
    await encoded.settle();
    this.#packed = await this.#exporter.pack?.(encoded.frame());
    if (this.#packed === undefined) return this.sizeBytes;
    this.release();
    // Packing includes the resource, so a small batch may grow: the bound that its spans kept to stays kept.
    return Math.min(this.sizeBytes, this.#packed.sizeBytes);
  }
}

/** Encodes each span as it arrives. */
export const encodedStore = (
  exporter: EncodedTracesExporter,
  pool: BufferPool,
  ledger: SpanLedger,
  maxBytes: number,
): BatchStore<FinishedSpan, PendingBatch> => {
  let batch = new SpanBatch(pool);
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
      batch = new SpanBatch(pool);
      return new EncodedBatch(closed, exporter);
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
    ready: undefined,
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
