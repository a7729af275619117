import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Sampler,
  SamplingDecision,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOffSampler, AlwaysOnSampler, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { MemoryExporter } from "@route/tracing/exporters";
import { ConsistentProbabilitySampler, HeadSampler } from "@route/tracing/samplers";
import { describe, expect, it } from "vitest";
import { withSpan } from "../src/span-context-view.ts";
import { ids, parentContext } from "./_samplers.ts";

describe("HeadSampler", () => {
  const setUp = (sampler: Sampler) => {
    const exporter = new MemoryExporter();
    let asked = 0;
    const counting: Sampler = {
      shouldSample: (...given) => {
        asked++;
        return sampler.shouldSample(...given);
      },
      toString: () => "Counting",
    };
    const head = new HeadSampler({ sampler: counting });
    const spanProcessors = [new SimpleSpanProcessor({ exporter })];
    const tracerProvider = new TracerProvider({ sampler: head, idGenerator: head, spanProcessors });
    return { exporter, tracer: new RequestTracer({ tracerProvider, head }), asked: () => asked };
  };

  it("decides a sampled trace once, by the id that its span then has", () => {
    const { exporter, tracer, asked } = setUp(new ConsistentProbabilitySampler({ ratio: 0.5 }));
    for (let run = 0; run < 200; run++) tracer.trace("work", () => {});
    expect(asked()).toBe(200);
    expect(exporter.spans.length).toBeGreaterThan(50);
    expect(exporter.spans.length).toBeLessThan(150);
    for (const span of exporter.spans) {
      const { traceId, traceState } = span.spanContext();
      expect(Number.parseInt(traceId[18]!, 16)).toBeGreaterThanOrEqual(8);
      expect(traceState?.serialize()).toBe("ot=th:8");
    }
  });

  it("propagates an unsampled trace that never had a span", () => {
    const { exporter, tracer } = setUp(new AlwaysOffSampler());
    const made = tracer.trace("work", (span) => ({
      headers: tracer.inject({}, trace.setSpan(ROOT_CONTEXT, span)),
      span,
    }));
    expect(made.span.isRecording()).toBe(false);
    expect(made.headers).toEqual({ traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/) });
    expect(exporter.spans).toHaveLength(0);
  });

  it("reuses an unsampled parent, and takes the sampled flag from a sampled one", () => {
    const { tracer } = setUp(new AlwaysOffSampler());
    const unsampled = parentContext(0, true);
    tracer.trace("work", { parent: unsampled }, (span) => expect(span).toBe(trace.getSpan(unsampled)));
    const sampled = parentContext(3, true);
    tracer.trace("work", { parent: sampled }, (span) => {
      expect(span.spanContext()).toMatchObject({ traceId: trace.getSpanContext(sampled)!.traceId, traceFlags: 2 });
    });
  });

  it("passes on what the sampler makes of an unsampled parent's tracestate", () => {
    const { tracer } = setUp(new ConsistentProbabilitySampler({ ratio: 0 }));
    const parent = parentContext(0, true);
    expect(tracer.inject({}, parent)).toMatchObject({ tracestate: "ot=th:8" });
    expect(tracer.inject({}, tracer.traceRequest("work", { parent }).context)).not.toHaveProperty("tracestate");
  });

  it("keeps what else its parent's context holds, also where an unsampled parent stands for the operation", () => {
    const { tracer } = setUp(new AlwaysOffSampler());
    const key = createContextKey("test");
    const outer = tracer.traceRequest("outer", { parent: ROOT_CONTEXT.setValue(key, 1) }).context;
    const span = trace.getSpan(outer)!;
    const parent = outer.setValue(key, 2);
    expect([outer.getValue(key), parent.getValue(key), trace.getSpan(parent)]).toEqual([1, 2, span]);
    const inner = tracer.traceRequest("inner", { parent }).context;
    expect([inner.getValue(key), trace.getSpanContext(inner)]).toEqual([2, span.spanContext()]);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    try {
      tracer.trace("inner", { parent }, () => expect(context.active().getValue(key)).toBe(2));
    } finally {
      context.disable();
    }
    expect(trace.getSpan(trace.deleteSpan(outer))).toBeUndefined();
  });

  it("may be asked again in the context of its last answer without end", () => {
    const [traceId, spanId] = [ids.generateTraceId(), ids.generateSpanId()];
    const key = createContextKey("test");
    const { tracer } = setUp(new AlwaysOffSampler());
    let parent = ROOT_CONTEXT.setValue(key, 1);
    for (let turn = 0; turn < 30_000; turn++) {
      // A sampled parent each time, so that none of them stands for the next one.
      const sampled = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 });
      const request = tracer.traceRequest("turn", { parent: withSpan(parent, trace.getSpan(sampled)!) });
      tracer.endSpan(request.span);
      parent = request.context;
    }
    expect(parent.getValue(key)).toBe(1);
    expect(trace.getSpanContext(parent)).toMatchObject({ traceId, traceFlags: 0 });
  });

  it("counts nested manual operations of an unsampled trace, each once", () => {
    const { tracer } = setUp(new AlwaysOffSampler());
    const parent = parentContext(0, true);
    const [outer, inner] = [tracer.startSpan("outer", { parent }), tracer.startSpan("inner", { parent })];
    tracer.endSpan(inner);
    tracer.endSpan(outer);
    tracer.endSpan(outer);
    expect(tracer.durations()).toMatchObject({ outer: { count: 1 }, inner: { count: 1 } });
  });

  it("ends no later run with a span whose own run is over", () => {
    const { tracer } = setUp(new AlwaysOffSampler());
    const first = tracer.traceRequest("first", { parent: ROOT_CONTEXT });
    tracer.endSpan(first.span);
    const second = tracer.startSpan("second", { parent: first.context });
    tracer.endSpan(first.span);
    expect(tracer.durations()).not.toHaveProperty("second");
    tracer.endSpan(second, new Error("x"));
    expect(tracer.durations()).toMatchObject({ first: { count: 1 }, second: { count: 1, errorRatio: 1 } });
    expect(tracer.inject({}, trace.setSpan(ROOT_CONTEXT, second))).toEqual(tracer.inject({}, first.context));
  });

  it("does not hand a decision to another trace", () => {
    const head = new HeadSampler({ sampler: new AlwaysOnSampler() });
    expect(head.decide(ROOT_CONTEXT, "a")).toBeUndefined();
    const decision = head.shouldSample(ROOT_CONTEXT, ids.generateTraceId(), "b", SpanKind.INTERNAL, {}, []);
    expect(decision.decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    expect(head.generateTraceId()).not.toBe(head.generateTraceId());
  });
});
