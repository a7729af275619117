import {
  type Attributes,
  createTraceState,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Sampler,
  SamplingDecision,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { AlwaysOffSampler, AlwaysOnSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import {
  AdaptiveSampler,
  ConsistentProbabilitySampler,
  HeadSampler,
  ParentBasedSampler,
  RecordAllSampler,
  RuleSampler,
} from "@route/tracing/samplers";
import { describe, expect, it } from "vitest";
import { decide, ids, parentContext } from "./_samplers.ts";

describe.each<[string, Sampler]>([
  ["probability", new ConsistentProbabilitySampler({ ratio: 0.5 })],
  ["adaptive", new AdaptiveSampler({ targetPerSecond: 10 })],
  ["adaptive ratio", new AdaptiveSampler({ targetRatio: 0.5 })],
  ["rules", new RuleSampler({ rules: [], fallback: new AlwaysOnSampler() })],
  ["parent-based", new ParentBasedSampler({ root: new AlwaysOnSampler() })],
  ["record-all", new RecordAllSampler(new AlwaysOffSampler())],
  ["head", new HeadSampler({ sampler: new AlwaysOnSampler() })],
])("the %s sampler", (_, sampler) => {
  it("answers with a decision, describes itself, and works in the SDK", () => {
    expect(Object.values(SamplingDecision)).toContain(decide(sampler).decision);
    expect(decide(sampler, parentContext(1, true)).decision).toBeTypeOf("number");
    expect(sampler.toString()).toMatch(/^\w+\{.*\}$/);
    const tracer = new TracerProvider({ sampler }).getTracer("t");
    tracer.startSpan("work").end();
  });
});

describe("ParentBasedSampler", () => {
  it.each([
    ["a sampled parent here", 1, false, SamplingDecision.RECORD_AND_SAMPLED],
    ["an unsampled parent here", 0, false, SamplingDecision.NOT_RECORD],
    ["a sampled parent elsewhere", 1, true, SamplingDecision.RECORD_AND_SAMPLED],
    ["an unsampled parent elsewhere", 0, true, SamplingDecision.NOT_RECORD],
  ])("follows %s", (_, flags, remote, expected) => {
    for (const root of [new AlwaysOnSampler(), new AlwaysOffSampler()])
      expect(decide(new ParentBasedSampler({ root }), parentContext(flags, remote)).decision).toBe(expected);
  });

  it("takes a parent without valid ids for none", () => {
    const invalid = trace.setSpanContext(ROOT_CONTEXT, INVALID_SPAN_CONTEXT);
    const root = new AlwaysOnSampler();
    expect(decide(new ParentBasedSampler({ root }), invalid).decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
  });

  it("asks the root sampler without a parent, and the given ones for remote parents", () => {
    const [on, off] = [new AlwaysOnSampler(), new AlwaysOffSampler()];
    expect(decide(new ParentBasedSampler({ root: on })).decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    expect(decide(new ParentBasedSampler({ root: off })).decision).toBe(SamplingDecision.NOT_RECORD);
    const turned = new ParentBasedSampler({ root: off, remoteSampled: off, remoteUnsampled: on });
    expect(decide(turned, parentContext(1, true)).decision).toBe(SamplingDecision.NOT_RECORD);
    expect(decide(turned, parentContext(0, true)).decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    expect(decide(turned, parentContext(1, false)).decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
  });
});

describe("a sampler that is given no sampler", () => {
  const none = undefined as never;
  it.each<[() => unknown, RegExp]>([
    [() => new RuleSampler({ rules: [], fallback: none }), /fallback must have a method shouldSample, got undefined/],
    [
      () => new RuleSampler({ rules: [{ sampler: none }], fallback: new AlwaysOnSampler() }),
      /sampler must have a method/,
    ],
    [() => new ParentBasedSampler({ root: none }), /root must have a method shouldSample, got undefined/],
    [() => new HeadSampler({ sampler: none }), /sampler must have a method shouldSample, got undefined/],
  ])("refuses %s", (make, message) => {
    expect(make).toThrow(message);
  });
});

describe("RuleSampler", () => {
  const sampler = new RuleSampler({
    rules: [
      { name: "healthcheck.check", sampler: new AlwaysOffSampler() },
      {
        name: /^POST /g,
        attributes: { "http.route": "/pay", size: (value) => Number(value) > 10 },
        sampler: new AlwaysOnSampler(),
      },
      { kind: SpanKind.CLIENT, sampler: new AlwaysOnSampler() },
    ],
    fallback: new AlwaysOffSampler(),
  });
  const kept = (name: string, attributes: Attributes = {}): boolean =>
    decide(sampler, ROOT_CONTEXT, name, attributes).decision === SamplingDecision.RECORD_AND_SAMPLED;

  it("lets the first rule decide that matches in all its parts", () => {
    expect(kept("healthcheck.check")).toBe(false);
    expect(kept("POST /pay", { "http.route": "/pay", size: 11 })).toBe(true);
    expect(kept("POST /pay", { "http.route": "/pay", size: 11 })).toBe(true);
    expect(kept("POST /pay", { "http.route": "/pay", size: 9 })).toBe(false);
    expect(kept("POST /pay")).toBe(false);
    expect(sampler.shouldSample(ROOT_CONTEXT, ids.generateTraceId(), "x", SpanKind.CLIENT, {}, []).decision).toBe(2);
  });
});

describe("RecordAllSampler", () => {
  it("records what the inner sampler drops, and leaves the rest", () => {
    expect(decide(new RecordAllSampler(new AlwaysOffSampler())).decision).toBe(SamplingDecision.RECORD);
    expect(decide(new RecordAllSampler()).decision).toBe(SamplingDecision.RECORD);
    expect(decide(new RecordAllSampler(new AlwaysOnSampler())).decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    const traceState = createTraceState("ot=th:8");
    const inner = { shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD, traceState }) };
    expect(decide(new RecordAllSampler(inner))).toEqual({ decision: SamplingDecision.RECORD, traceState });
  });
});

describe("FastIdGenerator", () => {
  it("makes valid ids that do not repeat", () => {
    const made = Array.from({ length: 10_000 }, () => [ids.generateTraceId(), ids.generateSpanId()]);
    expect(new Set(made.flat()).size).toBe(20_000);
    for (const [traceId, spanId] of made) {
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    }
  });
});
