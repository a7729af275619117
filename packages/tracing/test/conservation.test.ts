import type { FinishedSpan } from "@route/tracing";
import { type EncodedTraces, OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline, type SpanPipelineStats } from "@route/tracing/processors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordingMetrics } from "./_metrics.ts";
import { decodeTraces, partialSuccess } from "./_protos.ts";
import { type Fault, reset, startReceiver, status } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

const accounted = ({ exported, queued, dropped }: SpanPipelineStats): number =>
  exported + queued + Object.values(dropped).reduce((sum, count) => sum + count, 0);

type Answer = "accept" | "reject" | "fail" | "throw" | "later";

/** An exporter in whose answers a property chooses. */
const scripted = (answers: readonly Answer[]) => {
  let call = 0;
  let accepted = 0;
  const spans = new Set<string>();
  const exporter = {
    encoding: "protobuf" as const,
    exportEncoded: async (traces: EncodedTraces) => {
      const answer = answers[call++ % answers.length] ?? "accept";
      if (answer === "throw") throw new Error("exporter");
      if (answer === "later") await new Promise((resolve) => setImmediate(resolve));
      if (answer === "fail") return { accepted: 0, rejected: 0 };
      for (const { spanId } of decodeTraces(Buffer.concat(traces.parts))) spans.add(spanId);
      const rejected = answer === "reject" ? 1 : 0;
      accepted += traces.spanCount - rejected;
      return { accepted: traces.spanCount - rejected, rejected };
    },
    shutdown: async () => {},
  };
  return { exporter, accepted: () => accepted, distinct: () => spans.size };
};

describe("every span is accounted for", () => {
  it("after any schedule of spans, answers, flushes and shutdowns", async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ spans: fc.integer({ min: 1, max: 8 }), sampled: fc.boolean() }) },
      { weight: 1, arbitrary: fc.constant("flush" as const) },
      { weight: 2, arbitrary: fc.constant("wait" as const) },
      { weight: 1, arbitrary: fc.constant("hostile" as const) },
    );
    const answers = fc.array(fc.constantFrom<Answer>("accept", "reject", "fail", "throw", "later"), {
      minLength: 1,
      maxLength: 6,
    });
    const hostile = (): FinishedSpan =>
      finishedSpan({
        attributes: Object.defineProperty({}, "x", {
          enumerable: true,
          get: () => {
            throw new Error("hostile");
          },
        }),
      });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), answers, async (steps, script) => {
        const { exporter, accepted, distinct } = scripted(script);
        const metrics = recordingMetrics();
        const pipeline = new SpanPipeline({
          exporter,
          metrics,
          maxQueueSpans: 20,
          maxQueueBytes: 4_000,
          minBatchSpans: 3,
          maxBatchSpans: 5,
          maxConcurrency: 2,
        });
        let received = 0;
        for (const given of steps) {
          if (given === "flush") await pipeline.forceFlush();
          else if (given === "wait") await new Promise((resolve) => setImmediate(resolve));
          else if (given === "hostile") {
            received++;
            pipeline.onEnd(hostile());
          } else {
            received += given.spans;
            for (let index = 0; index < given.spans; index++)
              pipeline.onEnd(finishedSpan({ traceFlags: given.sampled ? 1 : 0 }));
          }
          const stats = pipeline.stats();
          expect(stats.received).toBe(received);
          expect(accounted(stats)).toBe(received);
          expect(stats.queued).toBeLessThanOrEqual(20);
          expect(stats.queuedBytes).toBeLessThanOrEqual(4_000);
        }
        await Promise.all([pipeline.shutdown(), pipeline.shutdown(), pipeline.forceFlush()]);
        pipeline.onEnd(finishedSpan());
        const stats = pipeline.stats();
        expect(stats.queued).toBe(0);
        expect(stats.queuedBytes).toBe(0);
        expect(accounted(stats)).toBe(received + 1);
        expect(stats.exported).toBe(accepted());
        expect(distinct()).toBe(stats.exported + stats.dropped.rejected);
        expect(stats.dropped.shutdown).toBe(1);
      }),
      { numRuns: 150, interruptAfterTimeLimit: 5_000 },
    );
  });

  it("through the real exporter and a receiver with faults of every kind", async () => {
    const fault = fc.constantFrom<[string, Fault | undefined]>(
      ["ok", undefined],
      ["503", status(503)],
      ["429 at once", status(429, { "retry-after": "0" })],
      ["429 negative", status(429, { "retry-after": "-3" })],
      ["503 garbage", status(503, { "retry-after": "soon" })],
      ["503 past date", status(503, { "retry-after": "Thu, 01 Jan 2015 00:00:00 GMT" })],
      ["slow", (response) => void setTimeout(() => response.end(), 20)],
      ["400", status(400)],
      ["413", status(413)],
      ["reset", reset],
      [
        "partial",
        (response) =>
          response.writeHead(200, { "content-type": "application/x-protobuf" }).end(partialSuccess(2, "no")),
      ],
    );
    await using receiver = await startReceiver();
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 8 }), fc.integer({ min: 1, max: 60 }), async (faults, count) => {
        const before = receiver.spans.length;
        receiver.script(...faults.map(([, answer]) => answer));
        const exporter = new OtlpHttpExporter({
          url: receiver.url,
          initialBackoffMs: 1,
          maxBackoffMs: 2,
          retryForMs: 10_000,
        });
        const pipeline = new SpanPipeline({ exporter, minBatchSpans: 10, maxBatchSpans: 10 });
        for (let index = 0; index < count; index++) pipeline.onEnd(finishedSpan());
        await pipeline.shutdown();
        const stats = pipeline.stats();
        expect(accounted(stats)).toBe(count);
        expect(stats.queued).toBe(0);
        // A partial success is an answer of the script: the receiver does not keep those spans.
        const { acceptedSpans, rejectedSpans, failedSpans } = exporter.stats();
        expect({
          accepted: stats.exported,
          rejected: stats.dropped.rejected,
          failed: stats.dropped.exportFailed,
        }).toEqual({
          accepted: acceptedSpans,
          rejected: rejectedSpans,
          failed: failedSpans,
        });
        expect(receiver.spans.length - before).toBeLessThanOrEqual(stats.exported);
        receiver.reset();
      }),
      { numRuns: 40, interruptAfterTimeLimit: 5_000 },
    );
  });
});

describe("the pipeline's own measurements", () => {
  it("tell every value of the semantic conventions and of the seed", async () => {
    await using receiver = await startReceiver();
    const metrics = recordingMetrics();
    const exporter = new OtlpHttpExporter({ url: receiver.url, metrics });
    const pipeline = new SpanPipeline({
      exporter,
      metrics,
      maxQueueSpans: 50,
      minBatchSpans: 10,
      maxBatchSpans: 10,
      maxConcurrency: 1,
    });
    receiver.script(status(400), (response) =>
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end(partialSuccess(3, "old")),
    );
    for (let index = 0; index < 60; index++) pipeline.onEnd(finishedSpan());
    pipeline.onEnd(finishedSpan({ traceFlags: 0 }));
    await pipeline.shutdown();
    expect(metrics.gauges("otel.sdk.processor.span.queue.capacity")).toEqual([50]);
    expect(metrics.gauges("otel.sdk.processor.span.queue.size").at(-1)).toBe(0);
    expect(metrics.counts("otel.sdk.processor.span.processed")).toEqual({
      "": 37,
      queue_full: 10,
      unsampled: 1,
      export_failed: 10,
      rejected: 3,
    });
    expect(metrics.counts("otel.sdk.exporter.span.exported")).toEqual({ "": 37, rejected: 3, export_failed: 10 });
    expect(Math.max(...metrics.gauges("otel.sdk.exporter.span.inflight"))).toBe(10);
    expect(metrics.gauges("otel.sdk.exporter.span.inflight").at(-1)).toBe(0);
    expect(metrics.observations("otel.sdk.exporter.operation.duration")).toHaveLength(5);
    const [original] = metrics.observations("data.original_size");
    const [compressed] = metrics.observations("data.compressed_size");
    expect(metrics.observations("compression.ratio")[0]).toBe(compressed! / original!);
    expect(compressed).toBe(receiver.requests[0]!.encodedBytes);
    expect(metrics.gauges("worker.completed").at(-1)).toBe(4);
  });
});
