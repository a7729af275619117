// The pieces are reached by structure, so the SDK's maintained 2.x line works too: its provider, its batch processor and
// its exporters' contract differ in constructors only.
import { context, type Span, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { RedactingProcessor, Redactor, RequestTracer } from "@route/tracing";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import {
  ConsistentProbabilitySampler,
  HeadSampler,
  keepErrors,
  ParentBasedSampler,
  RecordAllSampler,
  TailSamplingProcessor,
} from "@route/tracing/samplers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReceiver } from "./_receiver.ts";

describe("with the SDK's 2.x line", () => {
  beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterAll(() => context.disable());

  it("spans go through redaction and the pipeline to OTLP, complete", async () => {
    await using receiver = await startReceiver();
    const pipeline = new SpanPipeline({ exporter: new OtlpHttpExporter({ url: receiver.url }) });
    const redacting = new RedactingProcessor(pipeline, new Redactor());
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [redacting] });
    const tracer = new RequestTracer({ tracerProvider });
    tracer.trace("parent", { attributes: { password: "hunter2", count: 3 } }, (parent) => {
      parent.addEvent("step", { ok: true });
      tracer.trace("child", () => expect(trace.getActiveSpan()).not.toBe(parent));
    });
    expect(() =>
      tracer.trace("failing", () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    await tracerProvider.shutdown();
    const [child, parent, failing] = receiver.spans;
    expect(child).toMatchObject({ name: "child", parentSpanId: parent!.spanId, traceId: parent!.traceId });
    expect(parent).toMatchObject({ name: "parent", attributes: { count: 3 }, events: [{ name: "step" }] });
    expect(parent!.attributes["password"]).toBe("[redacted]");
    expect(failing).toMatchObject({ status: { code: 2 }, events: [{ name: "exception" }] });
    expect(pipeline.stats()).toMatchObject({ received: 3, exported: 3, queued: 0 });
  });

  it("a head sampler decides before there is a span", () => {
    const exporter = new InMemorySpanExporter();
    const root = new ConsistentProbabilitySampler({ ratio: 0.5 });
    const head = new HeadSampler({ sampler: new ParentBasedSampler({ root }) });
    const spanProcessors = [new SimpleSpanProcessor(exporter)];
    const tracerProvider = new BasicTracerProvider({ sampler: head, idGenerator: head, spanProcessors });
    const tracer = new RequestTracer({ tracerProvider, head });
    let recording = 0;
    const visit = (span: Span): void => {
      if (span.isRecording()) recording++;
      tracer.trace("inner", (inner) => expect(inner.isRecording()).toBe(span.isRecording()));
    };
    for (let run = 0; run < 200; run++) tracer.trace("outer", visit);
    expect(exporter.getFinishedSpans()).toHaveLength(2 * recording);
    expect(recording).toBeGreaterThan(50);
    expect(recording).toBeLessThan(150);
  });

  it("a tail sampler hands a failed trace to an exporter of the SDK, and drops a good one", async () => {
    const exporter = new InMemorySpanExporter();
    const tail = new TailSamplingProcessor({
      next: new SpanPipeline({ exporter }),
      policies: [keepErrors()],
    });
    const tracerProvider = new BasicTracerProvider({ sampler: new RecordAllSampler(), spanProcessors: [tail] });
    const tracer = new RequestTracer({ tracerProvider });
    tracer.trace("good", () => {});
    expect(() =>
      tracer.trace("bad", () => {
        throw new Error("no");
      }),
    ).toThrow();
    await tracerProvider.forceFlush();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["bad"]);
    await tracerProvider.shutdown();
  });
});
