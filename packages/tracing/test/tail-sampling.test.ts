import { ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { MemoryExporter } from "@route/tracing/exporters";
import { keepErrors, RecordAllSampler, TailSamplingProcessor } from "@route/tracing/samplers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { child, failed, root, setUp, traceId } from "./_tail.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the decision", () => {
  it("comes a grace time after the local root has ended, for the whole trace", () => {
    const { tail, ended } = setUp({ graceMs: 100 });
    tail.onEnd(child(1));
    tail.onEnd(root(1));
    tail.onEnd(child(1, failed));
    vi.advanceTimersByTime(99);
    expect(ended).toHaveLength(0);
    vi.advanceTimersByTime(2);
    expect(ended).toHaveLength(3);
    expect(tail.stats()).toMatchObject({ received: 3, kept: 3, pendingSpans: 0, pendingTraces: 0 });
  });

  it("comes at once without a grace time", () => {
    const { tail, ended } = setUp({ graceMs: 0 });
    tail.onEnd(child(1, failed));
    tail.onEnd(root(1));
    expect(ended).toHaveLength(2);
  });

  it("takes a span with a parent elsewhere as the local root", () => {
    const { tail, ended } = setUp({ graceMs: 0 });
    const parent = { traceId: traceId(1, true), spanId: "b7ad6b7169203331", traceFlags: 0, isRemote: true };
    tail.onEnd(child(1, { parent, ...failed }));
    expect(ended).toHaveLength(1);
  });

  it("comes after the wait for a trace whose root never ends", () => {
    const { tail, ended } = setUp({ decisionWaitMs: 1_000 });
    tail.onEnd(child(1, failed));
    vi.advanceTimersByTime(500);
    tail.onEnd(child(2));
    vi.advanceTimersByTime(501);
    expect(ended).toHaveLength(1);
    expect(tail.stats().pendingTraces).toBe(1);
    vi.advanceTimersByTime(500);
    expect(tail.stats()).toMatchObject({ kept: 1, dropped: 1, pendingTraces: 0 });
  });

  it("marks the kept spans as sampled, and changes nothing else of them", () => {
    const { tail, ended } = setUp({ graceMs: 0 });
    const original = root(1, failed);
    tail.onEnd(original);
    expect(ended[0]!.spanContext()).toEqual({ ...original.spanContext(), traceFlags: 1 });
    expect({ ...ended[0], spanContext: 0 }).toEqual({ ...original, spanContext: 0 });
    expect(original.spanContext().traceFlags).toBe(0);
  });

  it("holds for late spans while it is remembered", () => {
    const { tail, ended } = setUp({ graceMs: 0, decisionCacheTraces: 2 });
    tail.onEnd(root(1, failed));
    tail.onEnd(root(2));
    tail.onEnd(child(1));
    tail.onEnd(child(2, failed));
    expect(ended).toHaveLength(2);
    expect(tail.stats()).toMatchObject({ kept: 2, dropped: 2, lateKept: 1, lateDropped: 1 });
    for (let n = 10; n < 20; n++) tail.onEnd(root(n));
    tail.onEnd(child(1));
    expect(tail.stats().pendingTraces).toBe(1);
  });

  it.each([
    ["traces", { maxTraces: 2 }],
    ["spans", { maxSpans: 2 }],
    ["bytes", { maxBytes: 2_000, sizeOf: () => 1_000 }],
  ])("is made early for the oldest trace at the bound of %s", (_, options) => {
    const { tail, ended } = setUp(options);
    tail.onEnd(child(1, failed));
    tail.onEnd(child(2));
    tail.onEnd(child(3));
    expect(ended).toHaveLength(1);
    expect(tail.stats()).toMatchObject({ decidedEarly: 1, pendingTraces: 2, pendingSpans: 2 });
  });

  it("is made once for a trace whose root has ended and that is decided early then", () => {
    const { tail, ended } = setUp({ maxTraces: 1, graceMs: 100 });
    tail.onEnd(root(1, failed));
    tail.onEnd(root(2));
    vi.advanceTimersByTime(200);
    expect(ended).toHaveLength(1);
    expect(tail.stats()).toMatchObject({ kept: 1, dropped: 1, pendingSpans: 0, pendingTraces: 0, decidedEarly: 1 });
  });

  it("is made early for a trace with very many spans, and holds for the others of it", () => {
    const { tail, ended } = setUp({ maxSpansPerTrace: 3 });
    for (let n = 0; n < 5; n++) tail.onEnd(child(1, n === 0 ? failed : {}));
    expect(ended).toHaveLength(5);
    expect(tail.stats()).toMatchObject({ kept: 5, lateKept: 2 });
  });

  it("survives a clock that jumps", () => {
    let now = 1_000;
    const { tail } = setUp({ clock: () => now, decisionWaitMs: 100, graceMs: 10 });
    tail.onEnd(child(1));
    now = 0;
    tail.onEnd(root(2));
    now = 1e9;
    vi.advanceTimersByTime(2_000);
    tail.onEnd(root(3));
    vi.advanceTimersByTime(2_000);
    expect(tail.stats().pendingTraces).toBeLessThanOrEqual(1);
  });

  it("is made for everything at forceFlush and at shutdown; later spans are counted", async () => {
    const { tail, ended } = setUp();
    tail.onEnd(child(1, failed));
    await tail.forceFlush();
    expect(ended).toHaveLength(1);
    tail.onEnd(child(2, failed));
    await tail.shutdown();
    expect(ended).toHaveLength(2);
    tail.onEnd(child(3, failed));
    expect(ended).toHaveLength(2);
    expect(tail.stats()).toMatchObject({ received: 3, kept: 2, dropped: 1, lateDropped: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("accounts for every span whatever happens", () => {
    const step = fc.oneof(
      fc.record({ trace: fc.nat({ max: 6 }), isRoot: fc.boolean(), isError: fc.boolean() }),
      fc.record({ waitMs: fc.nat({ max: 300 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { tail, ended } = setUp({
          decisionWaitMs: 200,
          graceMs: 20,
          maxTraces: 4,
          maxSpans: 8,
          decisionCacheTraces: 3,
        });
        let received = 0;
        for (const given of steps) {
          if ("waitMs" in given) vi.advanceTimersByTime(given.waitMs);
          else {
            received++;
            tail.onEnd((given.isRoot ? root : child)(given.trace, given.isError ? failed : {}));
          }
          const stats = tail.stats();
          expect(stats.received).toBe(received);
          expect(stats.kept + stats.dropped + stats.pendingSpans).toBe(received);
          expect(stats.kept).toBe(ended.length);
          expect(stats.pendingTraces).toBeLessThanOrEqual(4);
          expect(stats.pendingSpans).toBeLessThanOrEqual(8);
          expect(stats.pendingTraces === 0).toBe(stats.pendingSpans === 0);
        }
      }),
    );
  });
});

describe("with the SDK", () => {
  it("keeps a failed trace that no head sampler wanted, and drops the others", async () => {
    const exporter = new MemoryExporter();
    const tail = new TailSamplingProcessor({
      next: new SimpleSpanProcessor({ exporter: exporter as never }) as never,
      policies: [keepErrors()],
      graceMs: 0,
    });
    const provider = new TracerProvider({ sampler: new RecordAllSampler(), spanProcessors: [tail] });
    const tracer = provider.getTracer("t");
    for (const code of [SpanStatusCode.OK, SpanStatusCode.ERROR]) {
      const outer = tracer.startSpan("outer", {}, ROOT_CONTEXT);
      tracer.startSpan("inner", {}, trace.setSpan(ROOT_CONTEXT, outer)).setStatus({ code }).end();
      outer.end();
    }
    await provider.forceFlush();
    expect(exporter.spans.map(({ name }) => name)).toEqual(["inner", "outer"]);
    expect(exporter.spans.every((span) => span.spanContext().traceFlags === 1)).toBe(true);
  });

  it.each([
    [{ graceMs: -1 }, /graceMs must be a number of at least 0, got -1/],
    [{ maxTraces: 0 }, /maxTraces must be an integer of at least 1, got 0/],
    [{ decisionCacheTraces: 1.5 }, /decisionCacheTraces must be an integer of at least 0, got 1.5/],
  ])("refuses %j", (options, message) => {
    expect(() => setUp(options)).toThrow(message);
  });
});
