import { OtlpHttpExporter, type OtlpHttpExporterOptions } from "@route/tracing/otlp";
import type { FaultReceiver } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

const fast = { initialBackoffMs: 1, maxBackoffMs: 2 };
/** Exports `count` spans. */
export const send = (exporter: OtlpHttpExporter, count = 3): Promise<{ code: number; error?: Error }> =>
  new Promise((resolve) =>
    exporter.export(
      Array.from({ length: count }, () => finishedSpan()),
      resolve,
    ),
  );
/** An exporter to `receiver` that backs off for hardly any time. */
export const exporterOf = (receiver: FaultReceiver, options: OtlpHttpExporterOptions = {}): OtlpHttpExporter =>
  new OtlpHttpExporter({ url: receiver.url, ...fast, ...options });
