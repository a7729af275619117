import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BatchSpanProcessor, type SpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { type Compression, OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import type { BenchRow } from "../../../tools/bench.ts";
import { median } from "./_harness.ts";
import { endRequestSpans } from "./_spans.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const count = 8_000;

const usedBytes = (): number => {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Bytes that a span keeps alive while it waits in `processor`, once that has `settled`. */
const queuedBytes = async (processor: SpanProcessor, settled: () => Promise<void>): Promise<number> => {
  const provider = new TracerProvider({ spanProcessors: [processor] });
  endRequestSpans(provider.getTracer("warm"), 100);
  // What the last round closed is gone by then.
  collectGarbage();
  await sleep(200);
  const before = usedBytes();
  endRequestSpans(provider.getTracer("bench"), count);
  await settled();
  return (usedBytes() - before) / count;
};

const officialBytes = (): Promise<number> => {
  const exporter = { export: () => {}, shutdown: async () => {} };
  const bounds = { maxQueueSize: 20_000, maxExportBatchSize: 20_000, scheduledDelayMillis: 1e8 };
  return queuedBytes(new BatchSpanProcessor({ exporter, ...bounds }), async () => {});
};

const ourBytes = async (url: string, compression: Compression): Promise<number> => {
  const exporter = new OtlpHttpExporter({ url, compression, timeoutMs: 1e6 });
  const pipeline = new SpanPipeline({ exporter, flushTimeoutMs: 0 });
  const packed = async (): Promise<void> => {
    for (let last = -1; last !== pipeline.stats().queuedBytes; await sleep(200)) last = pipeline.stats().queuedBytes;
  };
  const bytes = await queuedBytes(pipeline, packed);
  await pipeline.shutdown();
  return bytes;
};

export const bench = async (): Promise<BenchRow[]> => {
  const silent = createServer((request) => void request.resume());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v1/traces`;
  const bytes = { official: [] as number[], gzip: [] as number[], none: [] as number[] };
  for (let round = 0; round < 5; round++) {
    bytes.official.push(await officialBytes());
    bytes.gzip.push(await ourBytes(url, "gzip"));
    bytes.none.push(await ourBytes(url, "none"));
  }
  silent.closeAllConnections();
  silent.close();
  const [official, gzip, none] = [median(bytes.official), median(bytes.gzip), median(bytes.none)];
  const detail = `${official.toFixed(0)} / ${gzip.toFixed(0)} bytes; ${none.toFixed(0)} without compression`;
  return [
    {
      case: "heap kept per queued span (8 attributes, 2 events), of 8,000 that a silent receiver keeps waiting",
      measured: `1/${(official / gzip).toFixed(2)} (${detail})`,
      target: "<= 1/4",
      met: official / gzip >= 4,
    },
  ];
};
