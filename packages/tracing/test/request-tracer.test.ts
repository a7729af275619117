import { context, createContextKey, ROOT_CONTEXT, type Span } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOffSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setUp } from "./_tracer.ts";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

describe("what the tracer tells", () => {
  it("gives real values of the active span, and ids only of one that is not recording", () => {
    const { tracer } = setUp();
    expect(tracer.info()).toBeUndefined();
    tracer.trace("work", { attributes: { a: 1 } }, (span) => {
      const { traceId, spanId } = span.spanContext();
      expect(tracer.info()).toMatchObject({ traceId, spanId, sampled: true, operation: "work", attributes: { a: 1 } });
    });
    const off = new RequestTracer({ tracerProvider: new TracerProvider({ sampler: new AlwaysOffSampler() }) });
    off.trace("work", (span) => {
      expect(Object.keys(off.info(span)!)).toEqual(["traceId", "spanId", "sampled", "recording"]);
    });
  });

  it("counts durations and errors of every run, also the unsampled ones", () => {
    let now = 0;
    const tracerProvider = new TracerProvider({ sampler: new AlwaysOffSampler() });
    const tracer = new RequestTracer({ tracerProvider, clock: () => now, maxOperations: 2 });
    for (let run = 1; run <= 100; run++)
      tracer.trace("a", () => {
        now += run;
      });
    expect(() =>
      tracer.trace("b", () => {
        throw new Error("x");
      }),
    ).toThrow("x");
    tracer.endSpan(tracer.startSpan("c"), new Error("y"));
    const { a, b, other } = tracer.durations();
    expect(a).toMatchObject({ count: 100, errorRatio: 0 });
    expect(Math.abs(a!.p50Ms / 50 - 1)).toBeLessThan(0.05);
    expect(Math.abs(a!.p99Ms / 99 - 1)).toBeLessThan(0.05);
    expect(b).toMatchObject({ count: 1, errorRatio: 1 });
    expect(other).toMatchObject({ count: 1, errorRatio: 1 });
  });
});

describe("durations", () => {
  it("take a clock that goes back for one that stands", () => {
    let now = 1_000;
    const tracer = new RequestTracer({ clock: () => now });
    tracer.trace("work", () => {
      now = 0;
    });
    expect(tracer.durations()["work"]!.p99Ms).toBeLessThan(0.01);
  });
});

describe("without an SDK", () => {
  it("runs in the context that it is given", () => {
    const key = createContextKey("test");
    const tracer = new RequestTracer();
    tracer.trace("work", { parent: ROOT_CONTEXT.setValue(key, 1) }, () => {
      expect(context.active().getValue(key)).toBe(1);
    });
  });

  it("runs everything, and still propagates an incoming trace", () => {
    const tracer = new RequestTracer();
    const incoming = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1,b=2" };
    const parent = tracer.extract(incoming, ROOT_CONTEXT);
    const outgoing = tracer.trace("gateway", { parent }, () => tracer.inject({}));
    expect(outgoing).toEqual(incoming);
    expect(tracer.trace("plain", (span: Span) => span.isRecording())).toBe(false);
    expect(tracer.inject({})).toEqual({});
    expect(() =>
      tracer.trace("x", () => {
        throw new Error("still mine");
      }),
    ).toThrow("still mine");
    const span = tracer.startSpan("manual");
    tracer.recordError(span, new Error("ignored"));
    tracer.endSpan(span);
    expect(tracer.durations()["manual"]).toMatchObject({ count: 1 });
  });
});

describe("options", () => {
  it.each([
    [{ keys: "secret" as never }, /keys must be one of hash, omit, plain, got "secret"/],
    [{ maxOperations: -1 }, /maxOperations must be an integer of at least 0, got -1/],
    [{ hashSecret: "" }, /secret must not be empty/],
    [{ tracerProvider: {} as never }, /tracerProvider must have a method getTracer, got \[object Object\]/],
    [{ head: {} as never }, /head must have a method decide, got \[object Object\]/],
  ])("refuse %j", (options, message) => {
    expect(() => new RequestTracer(options)).toThrow(message);
  });
});
