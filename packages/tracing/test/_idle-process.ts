// Makes one of everything, ends spans, and ends without closing anything: nothing may keep the process alive.

import { isMainThread, Worker } from "node:worker_threads";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { FanOutExporter, MemoryExporter } from "@route/tracing/exporters";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { AdaptiveBuffer, arrayStore, SmartBatcher, SpanPipeline } from "@route/tracing/processors";
import { AdaptiveSampler, ParentBasedSampler, RecordAllSampler, TailSamplingProcessor } from "@route/tracing/samplers";

const toClosedPort = new OtlpHttpExporter({ url: "http://127.0.0.1:1/v1/traces" });
const pipeline = new SpanPipeline({ exporter: toClosedPort, minBatchSpans: 2, maxBatchSpans: 2 });
const second = new SpanPipeline({ exporter: new FanOutExporter({ backends: { memory: new MemoryExporter() } }) });
const tail = new TailSamplingProcessor({ next: second });
const root = new AdaptiveSampler({ targetPerSecond: 1_000 });
const tracerProvider = new TracerProvider({
  sampler: new RecordAllSampler(new ParentBasedSampler({ root })),
  spanProcessors: [pipeline, tail],
});
const tracer = new RequestTracer({ tracerProvider });
for (let run = 0; run < 3; run++) tracer.trace("work", () => {});
const buffer = new AdaptiveBuffer<number>({ minItems: 1 });
for (let item = 0; item < 10; item++) buffer.offer(item);
new SmartBatcher({ store: arrayStore<number>(), onBatch: () => {} }).add(1);
if (isMainThread) new Worker(new URL(import.meta.url)).once("exit", (code) => console.log(`worker ended with ${code}`));
