import { ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { FinishedSpan } from "@route/tracing";
import { MemoryExporter } from "@route/tracing/exporters";
import {
  allOf,
  dropIf,
  keepAttribute,
  keepErrors,
  keepName,
  keepRate,
  keepRatio,
  keepSlow,
  not,
  RecordAllSampler,
  type TailSamplingOptions,
  TailSamplingProcessor,
} from "@route/tracing/samplers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { finishedSpan, type SpanFields } from "./_spans.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const traceId = (n: number, low = false): string =>
  `c0ffee${n.toString(16).padStart(12, "0")}${(low ? "0" : "f").repeat(14)}`;
const child = (n: number, fields: SpanFields = {}): FinishedSpan =>
  finishedSpan({
    traceId: traceId(n, true),
    traceFlags: 0,
    parent: { traceId: traceId(n, true), spanId: "b7ad6b7169203331", traceFlags: 0 },
    ...fields,
  });
const root = (n: number, fields: SpanFields = {}): FinishedSpan =>
  finishedSpan({ traceId: traceId(n, true), traceFlags: 0, name: "root", ...fields });
const failed = { status: { code: SpanStatusCode.ERROR } };

const setUp = (options: Partial<TailSamplingOptions> = {}) => {
  const ended: FinishedSpan[] = [];
  const next = {
    onStart: () => {},
    onEnd: (span: FinishedSpan) => void ended.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const clock = () => performance.now();
  const tail = new TailSamplingProcessor({ next, clock, policies: [keepErrors()], ...options });
  return { tail, ended };
};

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

describe("policies", () => {
  const keptBy = (options: Partial<TailSamplingOptions>, ...spans: FinishedSpan[]): boolean => {
    const { tail, ended } = setUp({ graceMs: 0, ...options });
    for (const span of spans) tail.onEnd(span);
    return ended.length > 0;
  };
  const slow = { startTime: [10, 0], endTime: [11, 0] } as const;

  it("keep every error, everything slower than a second and a tenth of the rest by default", () => {
    const ended: FinishedSpan[] = [];
    const onEnd = (span: FinishedSpan): void => void ended.push(span);
    const next = { onStart: () => {}, onEnd, forceFlush: async () => {}, shutdown: async () => {} };
    const byDefault = new TailSamplingProcessor({ next, graceMs: 0 });
    byDefault.onEnd(root(1, failed));
    byDefault.onEnd(root(2, { startTime: [10, 0], endTime: [11, 0] }));
    byDefault.onEnd(root(3));
    byDefault.onEnd(finishedSpan({ traceId: traceId(4), traceFlags: 0 }));
    expect(byDefault.stats().keptByPolicy).toEqual({ errors: 1, slow: 1, ratio: 1 });
    expect(ended).toHaveLength(3);
  });

  it("measure a trace from its first start to its last end", () => {
    const first = child(1, { startTime: [10, 0], endTime: [10, 1] });
    const last = root(1, { startTime: [10, 400_000_000], endTime: [10, 600_000_000] });
    expect(keptBy({ policies: [keepSlow(600)] }, first, last)).toBe(true);
    expect(keptBy({ policies: [keepSlow(601)] }, first, last)).toBe(false);
    expect(
      keptBy({ policies: [keepSlow(1_000)] }, root(1, { startTime: [...slow.startTime], endTime: [...slow.endTime] })),
    ).toBe(true);
  });

  it("go on when one of them throws, and say so once", () => {
    const warnings: unknown[] = [];
    const broken = (): never => {
      throw new Error("bug");
    };
    const { tail, ended } = setUp({
      graceMs: 0,
      policies: [keepName(broken), keepErrors()],
      log: { warn: (message) => void warnings.push(message) },
    });
    tail.onEnd(root(1, failed));
    tail.onEnd(root(2));
    expect(ended).toHaveLength(1);
    expect(tail.stats()).toMatchObject({ received: 2, kept: 1, dropped: 1, pendingSpans: 0 });
    expect(warnings).toEqual(['The tail policy "name" threw']);
  });

  it("vote by ratio alike in every process", () => {
    for (let n = 0; n < 100; n++) {
      const id = `${"a".repeat(18)}${((n * 2 ** 52) / 100).toString(16).split(".")[0]!.padStart(13, "0")}0`;
      const votes = [1, 2].map(() =>
        keptBy({ policies: [keepRatio(0.3)] }, finishedSpan({ traceId: id, traceFlags: 0 })),
      );
      expect(votes[0]).toBe(votes[1]);
      expect(votes[0]).toBe(n >= 70);
    }
  });

  it("look at attributes and names of any span", () => {
    const spans = [child(1, { name: "inner", attributes: { tenant: "gold", size: 3 } }), root(1)];
    expect(keptBy({ policies: [keepAttribute("tenant", "gold")] }, ...spans)).toBe(true);
    expect(keptBy({ policies: [keepAttribute("tenant", /^go/)] }, ...spans)).toBe(true);
    expect(keptBy({ policies: [keepAttribute("size", (size) => Number(size) > 3)] }, ...spans)).toBe(false);
    expect(keptBy({ policies: [keepName("inner")] }, ...spans)).toBe(true);
    expect(keptBy({ policies: [keepName(/^outer/)] }, ...spans)).toBe(false);
  });

  it("bound the spans per second", () => {
    let now = 0;
    const { tail, ended } = setUp({ graceMs: 0, policies: [keepRate(2, () => now)] });
    for (let n = 0; n < 5; n++) tail.onEnd(root(n));
    expect(ended).toHaveLength(2);
    now = 1_000;
    for (let n = 5; n < 10; n++) tail.onEnd(root(n));
    expect(ended).toHaveLength(4);
  });

  it("combine with and, not, and drop", () => {
    const error = root(1, { ...failed, name: "healthcheck.check" });
    expect(keptBy({ policies: [allOf(keepErrors(), keepName("other"))] }, error)).toBe(false);
    expect(keptBy({ policies: [allOf(keepErrors(), keepName("healthcheck.check"))] }, error)).toBe(true);
    expect(keptBy({ policies: [not(keepErrors())] }, error)).toBe(false);
    expect(keptBy({ policies: [keepErrors(), dropIf(keepName("healthcheck.check"))] }, error)).toBe(false);
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
