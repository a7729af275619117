import { setTimeout as sleep } from "node:timers/promises";
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { SpanPipeline } from "@route/tracing/processors";
import type { BenchRow } from "../../../tools/bench.ts";

const slowMs = 100;

/** Counts spans, each export taking `latencyMs`. */
const counting = (latencyMs: number): SpanExporter & { count: number } => {
  const exporter = {
    count: 0,
    export: (spans: readonly unknown[], done: (result: { code: number }) => void): void => {
      const finish = (): void => {
        exporter.count += spans.length;
        done({ code: 0 });
      };
      if (latencyMs === 0) finish();
      else setTimeout(finish, latencyMs);
    },
    shutdown: async () => {},
  };
  return exporter;
};

const burst = async (make: (exporter: SpanExporter) => SpanProcessor): Promise<number> => {
  const exporter = counting(0);
  const provider = new TracerProvider({ spanProcessors: [make(exporter)] });
  const tracer = provider.getTracer("burst");
  for (let index = 0; index < 10_000; index++) tracer.startSpan("work").end();
  await provider.forceFlush();
  await provider.shutdown();
  return exporter.count / 10_000;
};

/** 20,000 spans per second for 10 s. */
const stream = async (make: (exporter: SpanExporter) => SpanProcessor): Promise<number> => {
  const exporter = counting(slowMs);
  const provider = new TracerProvider({ spanProcessors: [make(exporter)] });
  const tracer = provider.getTracer("stream");
  const startedAt = performance.now();
  let made = 0;
  while (made < 200_000) {
    const due = Math.min(200_000, Math.floor((performance.now() - startedAt) * 20));
    for (; made < due; made++) tracer.startSpan("work", { attributes: { made } }).end();
    await sleep(5);
  }
  await provider.forceFlush();
  await provider.shutdown();
  return exporter.count / 200_000;
};

const percent = (share: number): string => `${(share * 100).toFixed(share === 1 ? 0 : 1)} %`;

export const bench = async (): Promise<BenchRow[]> => {
  const official = (exporter: SpanExporter): SpanProcessor => new BatchSpanProcessor({ exporter });
  const ours = (exporter: SpanExporter): SpanProcessor => new SpanPipeline({ exporter });
  const bursts = { official: await burst(official), ours: await burst(ours) };
  const [officialStream, oursStream] = await Promise.all([stream(official), stream(ours)]);
  return [
    {
      case: "delivery: 10,000 spans in one synchronous burst",
      measured: `${percent(bursts.ours)} (official ${percent(bursts.official)})`,
      target: "100 %",
      met: bursts.ours === 1,
    },
    {
      case: "delivery: 20,000/s for 10 s with a 100 ms exporter of the SDK, one export at a time",
      measured: `${percent(oursStream)} (official ${percent(officialStream)})`,
      target: "100 %",
      met: oursStream === 1,
    },
  ];
};
