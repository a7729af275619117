import { spawnSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { LogPort } from "@route/tracing";
import { encodeTraces, OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import { describe, expect, it } from "vitest";
import { type Fault, startReceiver, status } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

const official = (url: string): SpanProcessor =>
  new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), maxExportBatchSize: 10, maxQueueSize: 100 });
const ours = (url: string, log?: LogPort): SpanPipeline =>
  new SpanPipeline({
    exporter: new OtlpHttpExporter({ url, ...(log && { log }) }),
    minBatchSpans: 10,
    maxBatchSpans: 10,
    flushTimeoutMs: 60_000,
  });

const makeSpans = (processor: SpanProcessor, count: number): TracerProvider => {
  const provider = new TracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer("t");
  for (let index = 0; index < count; index++) tracer.startSpan(`span-${index}`).end();
  return provider;
};

describe("a receiver that asks for patience", () => {
  it("gets everything after `Retry-After: 1`, and nothing before, from several batches at once", async () => {
    await using receiver = await startReceiver();
    const startedAt: number[] = [];
    const onStart = (): void => void startedAt.push(performance.now());
    const toldAt: number[] = [];
    const log = { warn: () => void toldAt.push(performance.now()) };
    subscribe("http.client.request.start", onStart);
    try {
      receiver.script(status(503, { "retry-after": "1" }));
      await makeSpans(ours(receiver.url, log), 40).shutdown();
    } finally {
      unsubscribe("http.client.request.start", onStart);
    }
    expect(receiver.spans).toHaveLength(40);
    // Requests that were under way already when the answer came may arrive; new ones wait.
    const later = startedAt.filter((at) => at > toldAt[0]!);
    expect(later.length).toBeGreaterThan(0);
    for (const at of later) expect(at - toldAt[0]!).toBeGreaterThan(900);
  });

  it("gets everything after a date, and the official exporter beside ours loses its batch to a long wait", async () => {
    await using patient = await startReceiver();
    await using lossy = await startReceiver();
    const wait: Fault = (response, request) =>
      status(503, { "retry-after": new Date(Date.now() + 13_000).toUTCString() })(response, request);
    patient.script(wait);
    lossy.script(wait);
    const [mine, theirs] = [makeSpans(ours(patient.url), 10), makeSpans(official(lossy.url), 10)];
    await Promise.all([mine.shutdown(), theirs.shutdown().catch(() => {})]);
    expect(patient.spans).toHaveLength(10);
    expect(lossy.spans).toHaveLength(0);
  });
});

describe("20,000 spans per second against an exporter that takes 100 ms", () => {
  it("all arrive through our pipeline, one export at a time, and not through the official processor", async () => {
    const counting = () => {
      let active = 0;
      const seen = { count: 0, most: 0 };
      const exporter: SpanExporter = {
        export: (spans, done) => {
          seen.most = Math.max(seen.most, ++active);
          setTimeout(() => {
            active--;
            seen.count += spans.length;
            done({ code: 0 });
          }, 100);
        },
        shutdown: async () => {},
      };
      return { exporter, seen };
    };
    const [mine, theirs] = [counting(), counting()];
    const processors = [
      new SpanPipeline({ exporter: mine.exporter }),
      new BatchSpanProcessor({ exporter: theirs.exporter }),
    ];
    const providers = processors.map((processor) => new TracerProvider({ spanProcessors: [processor] }));
    const tracers = providers.map((provider) => provider.getTracer("t"));
    const startedAt = performance.now();
    for (let made = 0; made < 60_000; ) {
      const due = Math.min(60_000, (performance.now() - startedAt) * 20);
      for (; made < due; made++) for (const tracer of tracers) tracer.startSpan("work").end();
      await sleep(5);
    }
    await Promise.all(providers.map((provider) => provider.shutdown()));
    expect(mine.seen).toEqual({ count: 60_000, most: 1 });
    expect(theirs.seen.count).toBeLessThan(60_000);
  });
});

describe("Google's decoder", () => {
  it("reads our bytes without an unknown field", () => {
    const spans = [
      finishedSpan({ attributes: { text: "ü".repeat(300), list: [1, "a", true], map: { a: 0.5 } } }),
      finishedSpan({
        events: [{ time: [1, 2], name: "e", attributes: { n: -1 } }],
        status: { code: 2, message: "no" },
      }),
      finishedSpan({ links: [{ context: { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 } }] }),
    ];
    const protos = join(import.meta.dirname, "../node_modules/otlp-proto-files/build/protos");
    const { stdout, stderr, error } = spawnSync(
      "protoc",
      [
        "--decode=opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest",
        `--proto_path=${protos}`,
        "opentelemetry/proto/collector/trace/v1/trace_service.proto",
      ],
      { input: encodeTraces(spans) },
    );
    if (error)
      throw new Error("protoc is not on PATH: install Debian's protobuf-compiler, or `brew install protobuf`", {
        cause: error,
      });
    expect(stderr.toString()).toBe("");
    const text = stdout.toString();
    expect(text.match(/^ {4}spans \{$/gm)).toHaveLength(3);
    // A field that is unknown is printed by its number. The last .proto files on npm, 0.19, are older than the flags of
    // spans (16) and links (6); the protos that `pnpm test` decodes with have them.
    const unknown = text.match(/^\s*\d+[:{ ].*$/gm)?.map((line) => line.trim());
    expect(unknown).toEqual(["16: 0x00000101", "16: 0x00000101", "6: 0x00000101", "16: 0x00000101"]);
    expect(text).toContain('message: "no"');
  });
});
