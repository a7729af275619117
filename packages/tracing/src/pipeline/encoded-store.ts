import { setImmediate as nextTurn } from "node:timers/promises";
import type { BufferPool } from "../buffer-pool.ts";
import type { EncodedTraces } from "../otlp/encoded-traces.ts";
import type { PackedTraces } from "../otlp/otlp-http-exporter.ts";
import { SpanBatch } from "../otlp/span-batch.ts";
import type { FinishedSpan } from "../types.ts";
import type { ExportCounts, PendingBatch } from "./pending-batch.ts";
import type { BatchStore } from "./smart-batcher.ts";
import type { SpanLedger } from "./span-ledger.ts";

/** An exporter that takes spans already encoded as OTLP protobuf, several requests at a time. */
export interface EncodedTracesExporter {
  readonly encoding: "protobuf" | "json";
  /** Where present, each batch goes through it at once, so that batches that wait are small. It must not keep views of `traces`. */
  readonly pack?: ((traces: EncodedTraces) => Promise<PackedTraces>) | undefined;
  exportEncoded(traces: EncodedTraces, signal?: AbortSignal): Promise<ExportCounts>;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A closed batch of encoded spans, packed where the exporter can. */
class EncodedBatch implements PendingBatch {
  readonly spans: number;
  readonly sizeBytes: number;
  readonly ready: Promise<number>;
  readonly #exporter: EncodedTracesExporter;
  #encoded: SpanBatch | undefined;
  #packed: PackedTraces | undefined;

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
    await encoded.settle();
    if (this.#exporter.pack === undefined) return this.sizeBytes;
    // Framing is not the work of the turn in which the batch happened to close.
    await nextTurn();
    this.#packed = await this.#exporter.pack(encoded.frame());
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
