import type { FinishedSpan, FinishedSpanExporter } from "../types.ts";
import type { PendingBatch } from "./pending-batch.ts";
import type { BatchStore } from "./smart-batcher.ts";
import type { SpanLedger } from "./span-ledger.ts";

/** What a span object keeps alive, roughly, with 8 attributes and 2 events; measured in `bench/`. */
const spanObjectBytes = 1_536;

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
