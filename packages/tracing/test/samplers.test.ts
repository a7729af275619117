import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Sampler,
  SamplingDecision,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { AlwaysOffSampler, AlwaysOnSampler, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { MemoryExporter } from "@route/tracing/exporters";
import {
  AdaptiveSampler,
  type AdaptiveSamplerOptions,
  ConsistentProbabilitySampler,
  FastIdGenerator,
  HeadSampler,
  ParentBasedSampler,
  RecordAllSampler,
  RuleSampler,
} from "@route/tracing/samplers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fairShares } from "../src/sampling/fair-shares.ts";

const ids = new FastIdGenerator();
const decide = (sampler: Sampler, context: Context = ROOT_CONTEXT, name = "GET /", attributes: Attributes = {}) =>
  sampler.shouldSample(context, ids.generateTraceId(), name, SpanKind.SERVER, attributes, []);
const parentContext = (traceFlags: number, isRemote: boolean): Context =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId: ids.generateTraceId(),
    spanId: ids.generateSpanId(),
    traceFlags,
    isRemote,
    traceState: createTraceState("ot=th:8"),
  });

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
  });
});

describe("FastIdGenerator", () => {
  it("makes valid ids that do not repeat", () => {
    const made = Array.from({ length: 2_000 }, () => [ids.generateTraceId(), ids.generateSpanId()]);
    expect(new Set(made.flat()).size).toBe(4_000);
    for (const [traceId, spanId] of made) {
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    }
  });
});

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

describe("fair shares", () => {
  it("meet small demands, share the rest, and never give more than there is", () => {
    expect(fairShares([100, 1, 50], 31)).toEqual([15, 1, 15]);
    expect(fairShares([1, 2], 10)).toEqual([1, 2]);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (demands, total) => {
          const shares = fairShares(demands, total);
          const sum = shares.reduce((left, right) => left + right, 0);
          expect(sum).toBeLessThanOrEqual(total * (1 + 1e-9) + 1e-9);
          for (const [index, share] of shares.entries()) expect(share).toBeLessThanOrEqual(demands[index]!);
        },
      ),
    );
  });
});

/** Spans kept in each second under a load of `perSecond(second)` spans, evenly spread, with ids from a counter that is spread over the range. */
const simulate = (
  options: AdaptiveSamplerOptions,
  seconds: number,
  perSecond: (second: number) => number,
  key?: (n: number) => string,
) => {
  let now = 0;
  let sequence = 0;
  const sampler = new AdaptiveSampler({ ...options, clock: () => now, ...(key && { key: (name: string) => name }) });
  return Array.from({ length: seconds }, (_, second) => {
    let kept = 0;
    const count = perSecond(second);
    for (let index = 0; index < count; index++) {
      now = second * 1_000 + (index * 1_000) / count;
      sequence++;
      // A multiple of the golden ratio spreads evenly: the simulation then has no luck in it.
      const fraction = (sequence * 0.618033988749895) % 1;
      const traceId = `${"a".repeat(18)}${Math.floor(fraction * 2 ** 52)
        .toString(16)
        .padStart(13, "0")}0`;
      const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceId, key?.(sequence) ?? "x", SpanKind.SERVER, {});
      if (decision === SamplingDecision.RECORD_AND_SAMPLED) kept++;
    }
    return kept;
  });
};
const sum = (values: readonly number[]): number => values.reduce((left, right) => left + right, 0);

describe("AdaptiveSampler", () => {
  it("keeps its rate in steady state, also over an hour, and everything below it", () => {
    const steady = simulate({ targetPerSecond: 50 }, 600, () => 400);
    expect(Math.abs(sum(steady.slice(5)) / 595 / 50 - 1)).toBeLessThan(0.1);
    expect(sum(simulate({ targetPerSecond: 50 }, 60, () => 5))).toBe(300);
  });

  it("bounds every second and the whole of a burst of 250 times the rate", () => {
    const burst = simulate({ targetPerSecond: 50 }, 30, (second) => (second >= 10 && second < 20 ? 12_500 : 40));
    expect(Math.max(...burst)).toBeLessThanOrEqual(130);
    expect(sum(burst.slice(10, 20))).toBeLessThanOrEqual(575);
    expect(sum(burst.slice(10, 20))).toBeGreaterThan(400);
  });

  it("comes back after a burst, and after an idle time", () => {
    const load = (second: number): number => (second < 5 ? 5_000 : second < 15 ? 0 : 100);
    const kept = simulate({ targetPerSecond: 20 }, 40, load);
    expect(Math.abs(sum(kept.slice(20)) / 20 / 20 - 1)).toBeLessThan(0.15);
  });

  it("starts cold without keeping everything", () => {
    expect(simulate({ targetPerSecond: 10 }, 1, () => 20_000)[0]).toBeLessThanOrEqual(26);
  });

  it("keeps nothing at 0, and one in ten seconds at 0.1", () => {
    expect(sum(simulate({ targetPerSecond: 0 }, 10, () => 100))).toBe(0);
    const kept = sum(simulate({ targetPerSecond: 0.1 }, 600, () => 100));
    expect(kept).toBeGreaterThanOrEqual(45);
    expect(kept).toBeLessThanOrEqual(66);
  });

  it("gives a rare key its share beside a frequent one", () => {
    let rare = 0;
    const kept = simulate(
      { targetPerSecond: 50 },
      30,
      () => 1_010,
      (n) => (n % 101 === 0 ? "rare" : "frequent"),
    );
    expect(sum(kept.slice(5)) / 25).toBeLessThanOrEqual(60);
    let now = 0;
    const counting = new AdaptiveSampler({ targetPerSecond: 50, key: (name) => name, clock: () => now });
    for (let second = 0; second < 20; second++) {
      for (let index = 0; index < 1_010; index++) {
        now = second * 1_000 + index;
        const name = index % 101 === 0 ? "rare" : "frequent";
        const { decision } = decide(counting, ROOT_CONTEXT, name);
        if (name === "rare" && second >= 5 && decision !== SamplingDecision.NOT_RECORD) rare++;
      }
    }
    expect(rare).toBeGreaterThan(120);
  });

  it("stays bounded when keys explode", () => {
    const kept = simulate(
      { targetPerSecond: 50, maxKeys: 10 },
      20,
      () => 2_000,
      (n) => `key-${n}`,
    );
    expect(sum(kept.slice(5)) / 15).toBeLessThanOrEqual(57.5);
  });

  it("survives a clock that goes back", () => {
    let now = 10_000;
    const sampler = new AdaptiveSampler({ targetPerSecond: 10, clock: () => now });
    decide(sampler);
    now = 0;
    for (let index = 0; index < 1_000; index++) decide(sampler);
    now = 30_000;
    for (let index = 0; index < 1_000; index++) decide(sampler);
    expect(decide(sampler).decision).toBeTypeOf("number");
  });

  it("keeps a ratio of the whole in the seed's mode, and tells its rate", () => {
    const gauges: [string, number][] = [];
    const metrics = {
      gauge: (name: string, value: number) => void gauges.push([name, value]),
      count() {},
      observe() {},
    };
    const kept = simulate({ targetRatio: 0.1, windowMs: 1_000, metrics }, 20, () => 1_000);
    expect(Math.abs(sum(kept) / 20_000 / 0.1 - 1)).toBeLessThan(0.1);
    expect(gauges[0]).toEqual(["sampler.rate", 0.1]);
    const byRate = simulate({ targetPerSecond: 50, metrics }, 5, () => 500);
    expect(byRate).toHaveLength(5);
    expect(gauges.at(-1)![0]).toBe("sampler.rate");
    expect(gauges.at(-1)![1]).toBeCloseTo(0.1, 1);
  });

  it.each([
    [{}, /either targetPerSecond or targetRatio, got undefined and undefined/],
    [{ targetPerSecond: 1, targetRatio: 1 }, /either targetPerSecond or targetRatio/],
    [{ targetPerSecond: -1 }, /targetPerSecond must be a number of at least 0, got -1/],
    [{ targetRatio: 2 }, /targetRatio must be a number from 0 to 1, got 2/],
    [{ targetRatio: 1, maxKeys: 0 }, /maxKeys must be an integer of at least 1, got 0/],
    [{ targetRatio: 1, newestWeight: 0 }, /newestWeight must be a number from 5e-324 to 1, got 0/],
  ])("refuses %j", (options, message) => {
    expect(() => new AdaptiveSampler(options)).toThrow(message);
  });
});
