import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { type FinishedSpan, TracingError } from "@route/tracing";
import { MemoryExporter } from "@route/tracing/exporters";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import { describe, expect, it } from "vitest";
import { startReceiver } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

const gated = () => {
  const calls: { spans: FinishedSpan[]; answer: (code: number) => void }[] = [];
  const exporter = {
    export: (spans: FinishedSpan[], done: (result: { code: number }) => void): void =>
      void calls.push({ spans, answer: (code) => done({ code }) }),
    shutdown: () => Promise.resolve(),
  };
  return { calls, exporter };
};

describe("SpanPipeline", () => {
  it("delivers 10,000 spans of one synchronous burst, of which the official processor loses most", async () => {
    await using receiver = await startReceiver();
    const pipeline = new SpanPipeline({ exporter: new OtlpHttpExporter({ url: receiver.url }) });
    const provider = new TracerProvider({ spanProcessors: [pipeline] });
    const tracer = provider.getTracer("burst");
    for (let index = 0; index < 10_000; index++) tracer.startSpan("work", { attributes: { index } }).end();
    await pipeline.forceFlush();
    expect(receiver.spans).toHaveLength(10_000);
    expect(new Set(receiver.spans.map(({ attributes }) => attributes["index"])).size).toBe(10_000);
    expect(pipeline.stats()).toMatchObject({ received: 10_000, exported: 10_000, queued: 0, queuedBytes: 0 });
    await provider.shutdown();

    const kept = new InMemorySpanExporter();
    const official = new BatchSpanProcessor({ exporter: kept });
    const officialTracer = new TracerProvider({ spanProcessors: [official] }).getTracer("burst");
    for (let index = 0; index < 10_000; index++) officialTracer.startSpan("work").end();
    await official.forceFlush();
    expect(kept.getFinishedSpans().length).toBeLessThan(10_000);
  });

  it("feeds an exporter of the SDK, one batch at a time", async () => {
    const { calls, exporter } = gated();
    const pipeline = new SpanPipeline({ exporter, minBatchSpans: 2, maxBatchSpans: 2 });
    for (let index = 0; index < 20; index++) pipeline.onEnd(finishedSpan());
    const flushed = pipeline.forceFlush();
    for (let index = 0; index < 10; index++) {
      expect(calls).toHaveLength(index + 1);
      calls[index]!.answer(0);
      await new Promise(setImmediate);
    }
    await flushed;
    expect(calls.map(({ spans }) => spans.length)).toEqual(new Array(10).fill(2));
  });

  it("waits in forceFlush for what is in flight, where the official processor does not", async () => {
    const { calls, exporter } = gated();
    const pipeline = new SpanPipeline({ exporter, minBatchSpans: 1 });
    pipeline.onEnd(finishedSpan());
    let flushed = false;
    const flush = pipeline.forceFlush().then(() => {
      flushed = true;
    });
    await new Promise(setImmediate);
    expect(flushed).toBe(false);
    calls[0]!.answer(0);
    await flush;
    expect(pipeline.stats()).toMatchObject({ exported: 1, queued: 0 });
  });

  it("flushes the exporter after what is in flight", async () => {
    const { calls, exporter } = gated();
    const order: string[] = [];
    const forceFlush = async (): Promise<void> => void order.push("exporter flushed");
    const pipeline = new SpanPipeline({ exporter: { ...exporter, forceFlush }, minBatchSpans: 1 });
    pipeline.onEnd(finishedSpan());
    const flushed = pipeline.forceFlush().then(() => order.push("flushed"));
    await new Promise(setImmediate);
    order.push("answered");
    calls[0]!.answer(0);
    await flushed;
    expect(order).toEqual(["answered", "exporter flushed", "flushed"]);
  });

  it("waits for the resource that an exporter of the SDK gets to read", async () => {
    const { calls, exporter } = gated();
    const detected = Promise.withResolvers<void>();
    const resource = { attributes: {}, asyncAttributesPending: true, waitForAsyncAttributes: () => detected.promise };
    const pipeline = new SpanPipeline({ exporter, minBatchSpans: 1 });
    pipeline.onEnd(finishedSpan({ resource }));
    await new Promise(setImmediate);
    expect(calls).toHaveLength(0);
    detected.resolve();
    await new Promise(setImmediate);
    calls[0]!.answer(0);
    await pipeline.shutdown();
    expect(pipeline.stats().exported).toBe(1);
  });

  it("counts every drop by its reason", async () => {
    const { calls, exporter } = gated();
    const pipeline = new SpanPipeline({ exporter, maxQueueSpans: 3, minBatchSpans: 2, maxBatchSpans: 2 });
    pipeline.onEnd(finishedSpan({ traceFlags: 0 }));
    for (let index = 0; index < 5; index++) pipeline.onEnd(finishedSpan());
    expect(pipeline.stats()).toMatchObject({ received: 6, queued: 3, dropped: { unsampled: 1, queueFull: 2 } });
    const ended = pipeline.shutdown();
    pipeline.onEnd(finishedSpan());
    calls[0]!.answer(1);
    await new Promise(setImmediate);
    calls[1]!.answer(0);
    await ended;
    expect(pipeline.stats()).toMatchObject({
      received: 7,
      exported: 1,
      queued: 0,
      dropped: { unsampled: 1, queueFull: 2, exportFailed: 2, shutdown: 1 },
    });
  });

  it("gives up at the deadline of shutdown, and says so", async () => {
    const { exporter } = gated();
    const pipeline = new SpanPipeline({ exporter, minBatchSpans: 1, flushTimeoutMs: 5 });
    pipeline.onEnd(finishedSpan());
    const error = await pipeline.forceFlush().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TracingError);
    expect(error).toMatchObject({ code: "timeout" });
    expect(pipeline.stats().queued).toBe(1);
    await pipeline.shutdown();
    await pipeline.shutdown();
    expect(pipeline.stats()).toMatchObject({ queued: 0, dropped: { shutdown: 1 } });
  });

  it("drops a span that cannot be encoded, alone", async () => {
    await using receiver = await startReceiver();
    const pipeline = new SpanPipeline({ exporter: new OtlpHttpExporter({ url: receiver.url }) });
    const attributes = Object.defineProperty({}, "trap", {
      enumerable: true,
      get: () => {
        throw new Error("hostile");
      },
    });
    pipeline.onEnd(finishedSpan({ name: "a" }));
    pipeline.onEnd(finishedSpan({ attributes }));
    pipeline.onEnd(finishedSpan({ name: "b" }));
    await pipeline.shutdown();
    expect(receiver.spans.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(pipeline.stats()).toMatchObject({ received: 3, exported: 2, dropped: { encodeError: 1 } });
  });

  it("tells the log of losses once, and how many there were when they are over", async () => {
    const { calls, exporter } = gated();
    const warnings: unknown[][] = [];
    const log = { warn: (...told: unknown[]) => void warnings.push(told) };
    const pipeline = new SpanPipeline({ exporter, log, minBatchSpans: 2, maxBatchSpans: 2 });
    for (let index = 0; index < 8; index++) pipeline.onEnd(finishedSpan());
    const flushed = pipeline.forceFlush();
    for (const [index, code] of [1, 1, 0, 1].entries()) {
      calls[index]!.answer(code);
      await new Promise(setImmediate);
    }
    await flushed;
    const cause = new Error("The exporter answered with code 1");
    const first = ["2 spans could not be exported", cause];
    expect(warnings).toEqual([first, ["4 spans could not be exported in all"], first]);
    await pipeline.shutdown();
    expect(warnings).toHaveLength(3);
  });

  it.each([
    [{ maxQueueSpans: 0 }, /maxQueueSpans must be an integer of at least 1, got 0/],
    [{ exporter: undefined as never }, /exporter must have a method shutdown, got undefined/],
    [{ exporter: { shutdown: async () => {} } as never }, /exporter must have a method export, got \[object Object\]/],
    [{ maxQueueBytes: -1 }, /maxQueueBytes must be an integer of at least 1, got -1/],
    [{ minBatchSpans: 5, maxBatchSpans: 4 }, /maxBatchSpans must be an integer of at least 5, got 4/],
    [{ flushTimeoutMs: Number.NaN }, /flushTimeoutMs must be a number of at least 0, got NaN/],
  ])("refuses %j", (options, message) => {
    expect(() => new SpanPipeline({ exporter: new MemoryExporter(), ...options })).toThrow(message);
  });
});
