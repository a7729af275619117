import { type EncodedTraces, OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import { describe, expect, it, vi } from "vitest";
import { recordingMetrics } from "./_metrics.ts";
import { reset, startReceiver, status } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

describe("batches that wait", () => {
  it("uses the memory of a batch again once that is exported", async () => {
    const memory = new Set<ArrayBufferLike>();
    const exporter = {
      encoding: "protobuf" as const,
      exportEncoded: async ({ parts, spanCount }: EncodedTraces) => {
        for (const { buffer } of parts) if (buffer.byteLength >= 32_768) memory.add(buffer);
        return { accepted: spanCount, rejected: 0 };
      },
      shutdown: async () => {},
    };
    const pipeline = new SpanPipeline({ exporter });
    for (let batch = 0; batch < 10; batch++) {
      pipeline.onEnd(finishedSpan());
      await pipeline.forceFlush();
    }
    expect(memory.size).toBeLessThanOrEqual(2);
    await pipeline.shutdown();
  });

  it("never holds more bytes than its bound, also with one span that is larger", async () => {
    await using receiver = await startReceiver();
    const exporter = new OtlpHttpExporter({ url: receiver.url });
    const pipeline = new SpanPipeline({ exporter, maxQueueBytes: 1_000 });
    pipeline.onEnd(finishedSpan({ attributes: { large: "x".repeat(2_000) } }));
    expect(pipeline.stats()).toMatchObject({ queued: 0, queuedBytes: 0, dropped: { queueFull: 1 } });
    for (let index = 0; index < 20; index++) pipeline.onEnd(finishedSpan());
    expect(pipeline.stats().queuedBytes).toBeLessThanOrEqual(1_000);
    expect(pipeline.stats().queued).toBeGreaterThan(1);
    await pipeline.shutdown();
    expect(receiver.spans).toHaveLength(pipeline.stats().exported);
  });

  it("keeps to that bound also where a request is larger than its spans", async () => {
    await using receiver = await startReceiver();
    const sent = Promise.withResolvers<void>();
    receiver.script(() => sent.resolve());
    const exporter = new OtlpHttpExporter({ url: receiver.url, minCompressBytes: 1 });
    const pipeline = new SpanPipeline({ exporter, minBatchSpans: 1, maxQueueBytes: 1_000, flushTimeoutMs: 0 });
    const noise = Array.from({ length: 2_000 }, (_, index) => Math.imul(index, 2654435761).toString(36)).join("");
    pipeline.onEnd(finishedSpan({ resource: { attributes: { noise } } }));
    await sent.promise;
    expect(receiver.requests[0]!.encodedBytes).toBeGreaterThan(1_000);
    expect(pipeline.stats()).toMatchObject({ queued: 1 });
    expect(pipeline.stats().queuedBytes).toBeLessThanOrEqual(1_000);
    await pipeline.shutdown();
  });

  it.each(["gzip", "zstd"] as const)(
    "keeps batches that wait compressed with %s, and counts what they take",
    async (compression) => {
      const exporter = new OtlpHttpExporter({ url: "http://127.0.0.1:9/v1/traces", compression, retryForMs: 1e6 });
      const pipeline = new SpanPipeline({ exporter, minBatchSpans: 256, maxBatchSpans: 256, flushTimeoutMs: 0 });
      for (let index = 0; index < 1_024; index++) pipeline.onEnd(finishedSpan());
      const encodedBytes = pipeline.stats().queuedBytes;
      await vi.waitFor(() => expect(pipeline.stats().queuedBytes).toBeLessThan(encodedBytes / 2), 25_000);
      expect(pipeline.stats().queued).toBe(1_024);
      await pipeline.shutdown();
      expect(pipeline.stats()).toMatchObject({ queued: 0, queuedBytes: 0, dropped: { shutdown: 1_024 } });
    },
  );

  it("splits a batch that was compressed before the receiver found it too large", async () => {
    await using receiver = await startReceiver();
    receiver.script(status(413), undefined, status(413));
    const exporter = new OtlpHttpExporter({ url: receiver.url, minCompressBytes: 1 });
    const pipeline = new SpanPipeline({ exporter, minBatchSpans: 100, maxBatchSpans: 100 });
    for (let index = 0; index < 200; index++) pipeline.onEnd(finishedSpan({ name: `span ${index}` }));
    await pipeline.shutdown();
    expect(new Set(receiver.spans.map(({ name }) => name)).size).toBe(200);
    expect(pipeline.stats()).toMatchObject({ exported: 200, queued: 0, queuedBytes: 0 });
  });

  it("compresses again what waited with zstd for a receiver that does not know it", async () => {
    await using receiver = await startReceiver();
    receiver.script(status(415));
    const exporter = new OtlpHttpExporter({ url: receiver.url, compression: "zstd", minCompressBytes: 1 });
    const pipeline = new SpanPipeline({ exporter, minBatchSpans: 10, maxBatchSpans: 10, maxConcurrency: 1 });
    for (let index = 0; index < 40; index++) pipeline.onEnd(finishedSpan());
    await pipeline.shutdown();
    expect(receiver.requests.map(({ headers }) => headers["content-encoding"])).toEqual([
      "zstd",
      ...Array.from({ length: 4 }, () => "gzip"),
    ]);
    expect(receiver.spans).toHaveLength(40);
  });

  it("compresses a batch once, however often it is sent", async () => {
    await using receiver = await startReceiver();
    receiver.script(status(503), reset, status(503));
    const metrics = recordingMetrics();
    const exporter = new OtlpHttpExporter({ url: receiver.url, metrics, initialBackoffMs: 1, maxBackoffMs: 2 });
    const pipeline = new SpanPipeline({ exporter });
    for (let index = 0; index < 40; index++) pipeline.onEnd(finishedSpan());
    await pipeline.shutdown();
    expect(receiver.requests).toHaveLength(4);
    expect(metrics.observations("data.compressed_size")).toHaveLength(1);
  });
});
