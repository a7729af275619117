import { openSync, readSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, type ReadableSpan, type SpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import type { BenchRow } from "../../../tools/bench.ts";
import { median, quantile } from "./_harness.ts";
import { CompressionAlgorithm } from "./_official.ts";
import { endRequestSpans, sdkSpans } from "./_spans.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as (options?: { type: "minor" }) => void;

const usedBytes = (): number => {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const never = { export: () => {}, shutdown: async () => {} };
const neverEncoded = {
  encoding: "protobuf" as const,
  exportEncoded: () => new Promise<never>(() => {}),
  shutdown: async () => {},
};

/** Bytes that a span keeps alive while it waits in `processor`. */
const queuedBytes = (processor: SpanProcessor, count: number): number => {
  const provider = new TracerProvider({ spanProcessors: [processor] });
  endRequestSpans(provider.getTracer("warm"), 100);
  const before = usedBytes();
  endRequestSpans(provider.getTracer("bench"), count);
  const after = usedBytes();
  return (after - before) / count;
};

const memoryRow = (): BenchRow => {
  const count = 8_000;
  const official: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < 5; round++) {
    official.push(
      queuedBytes(
        new BatchSpanProcessor({
          exporter: never,
          maxQueueSize: 20_000,
          maxExportBatchSize: 20_000,
          scheduledDelayMillis: 1e8,
        }),
        count,
      ),
    );
    ours.push(queuedBytes(new SpanPipeline({ exporter: neverEncoded }), count));
  }
  const [theirs, mine] = [median(official), median(ours)];
  return {
    case: "heap kept per queued span (8 attributes, 2 events)",
    measured: `1/${(theirs / mine).toFixed(2)} (${theirs.toFixed(0)} / ${mine.toFixed(0)} bytes)`,
    target: "<= 1/4",
    met: theirs / mine >= 4,
  };
};

/** A receiver on a thread of its own, so that its work does not block the loop that is measured. */
const startReceiver = (): Promise<{ url: string; worker: Worker }> =>
  new Promise((resolve) => {
    const script = `const { createServer } = require("node:http"); const { parentPort } = require("node:worker_threads");
      createServer((request, response) => request.resume().once("end", () => response.end()))
        .listen(0, "127.0.0.1", function () { parentPort.postMessage(this.address().port); });`;
    const worker = new Worker(script, { eval: true });
    worker.once("message", (port) => resolve({ url: `http://127.0.0.1:${port}/v1/traces`, worker }));
  });

interface FlushingProcessor {
  onEnd(span: ReadableSpan): void;
  forceFlush(): Promise<void>;
}

const scheduling = process.platform === "linux" ? openSync("/proc/thread-self/schedstat", "r") : undefined;
const schedulingText = Buffer.alloc(100);
const space = 0x20;
const zero = 0x30;

/**
 * How long this thread was ready to run and had to wait for a core, in ms since it began: what other processes take, not
 * a block of ours. The second of three numbers in ns, read without a string: garbage would be part of what is measured.
 */
const waitedMs = (): number => {
  if (scheduling === undefined) return 0;
  const length = readSync(scheduling, schedulingText, 0, schedulingText.length, 0);
  let at = 0;
  while (at < length && schedulingText[at] !== space) at++;
  let waitedNs = 0;
  for (at++; at < length && schedulingText[at] !== space; at++) waitedNs = waitedNs * 10 + schedulingText[at]! - zero;
  return waitedNs / 1e6;
};

/** The longest time in ms that one flush of a full batch kept the loop from its next turn. */
const longestBlockMs = async (processor: FlushingProcessor, spans: readonly ReadableSpan[]): Promise<number> => {
  for (const span of spans.slice(1)) processor.onEnd(span);
  await new Promise((resolve) => setImmediate(resolve));
  // What was allocated before is not to be collected in somebody's flush.
  collectGarbage({ type: "minor" });
  const { promise, resolve } = Promise.withResolvers<void>();
  let done = false;
  let longest = 0;
  let waited = waitedMs();
  let last = performance.now();
  const turn = (): void => {
    const now = performance.now();
    const waitedNow = waitedMs();
    longest = Math.max(longest, now - last - (waitedNow - waited));
    waited = waitedNow;
    last = performance.now();
    if (done) resolve();
    else setImmediate(turn);
  };
  setImmediate(turn);
  processor.onEnd(spans[0]!);
  await processor.forceFlush();
  setTimeout(() => {
    done = true;
  }, 3);
  await promise;
  return longest;
};

const blockRow = async (): Promise<BenchRow> => {
  const { url, worker } = await startReceiver();
  const spans = sdkSpans(512);
  const exporter = new OTLPTraceExporter({ url, compression: CompressionAlgorithm.GZIP as never });
  const contenders = {
    idle: { onEnd: () => {}, forceFlush: async () => {} },
    official: new BatchSpanProcessor({ exporter, maxExportBatchSize: 512, scheduledDelayMillis: 1e8 }),
    ours: new SpanPipeline({
      exporter: new OtlpHttpExporter({ url, compression: "gzip" }),
      minBatchSpans: 512,
      maxBatchSpans: 512,
    }),
  };
  const blocks = { idle: [] as number[], official: [] as number[], ours: [] as number[] };
  for (let round = -20; round < 200; round++) {
    for (const name of ["idle", "official", "ours"] as const) {
      const ms = await longestBlockMs(contenders[name], spans);
      if (round >= 0) blocks[name].push(ms);
    }
  }
  await Promise.all([contenders.official.shutdown(), contenders.ours.shutdown()]);
  await worker.terminate();
  const show = (name: keyof typeof blocks): string =>
    `${name} p50 ${quantile(blocks[name], 0.5).toFixed(2)} p99 ${quantile(blocks[name], 0.99).toFixed(2)}`;
  const p99 = quantile(blocks.ours, 0.99);
  return {
    case: "longest loop block of a flush (time without a core not counted)",
    measured: `${p99.toFixed(2)} ms p99 (${show("ours")}, ${show("official")}, an idle loop here ${show("idle")})`,
    target: "<= 0.3 ms p99",
    met: p99 <= 0.3,
  };
};

// The blocks first: the spans that the other row keeps alive would make every collection of garbage a long one.
export const bench = async (): Promise<BenchRow[]> => [await blockRow(), memoryRow()];
