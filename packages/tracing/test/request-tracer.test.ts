import { context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOffSampler, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer, type RequestTracerOptions } from "@route/tracing";
import { MemoryExporter } from "@route/tracing/exporters";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

const setUp = (options: RequestTracerOptions = {}) => {
  const exporter = new MemoryExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = new RequestTracer({ tracerProvider, ...options });
  const only = () => {
    expect(exporter.spans).toHaveLength(1);
    return exporter.spans[0]!;
  };
  return { exporter, tracer, only };
};

describe("trace", () => {
  it("returns what a synchronous function returns and ends the span once", () => {
    const { tracer, only } = setUp();
    expect(tracer.trace("work", { attributes: { a: 1 }, kind: SpanKind.SERVER }, () => 42)).toBe(42);
    expect(only()).toMatchObject({ name: "work", kind: SpanKind.SERVER, attributes: { a: 1 }, status: { code: 0 } });
    expect(only().instrumentationScope.name).toBe("stateful-route");
  });

  it("ends the span when the promise settles", async () => {
    const { tracer, exporter, only } = setUp();
    const gate = Promise.withResolvers<string>();
    const traced = tracer.trace("work", () => gate.promise);
    expect(exporter.spans).toHaveLength(0);
    gate.resolve("done");
    expect(await traced).toBe("done");
    expect(only().status.code).toBe(SpanStatusCode.UNSET);
  });

  it.each([
    [
      "throws",
      (error: unknown) => () => {
        throw error;
      },
    ],
    ["rejects", (error: unknown) => () => Promise.reject(error)],
    [
      "rejects through a thenable",
      (error: unknown) => () => new (class Lazy extends Promise<never> {})((_, reject) => reject(error)),
    ],
  ])("records and rethrows the same error when the function %s", async (_, make) => {
    const { tracer, only } = setUp();
    const error = new Error("kaputt", { cause: "disk" });
    await expect((async () => tracer.trace("work", make(error) as () => unknown))()).rejects.toBe(error);
    expect(only().status).toEqual({ code: SpanStatusCode.ERROR, message: "kaputt: disk" });
    expect(only().attributes["error.type"]).toBe("Error");
    expect(only().events.map(({ name }) => name)).toEqual(["exception"]);
  });

  it.each([
    ["a string", "x", "x"],
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["an AggregateError", new AggregateError([new Error("a")], "several"), "several"],
    [
      "an object that cannot be read",
      new Proxy(new Error("p"), {
        get: () => {
          throw new Error("no");
        },
      }),
      "The thrown value cannot be read",
    ],
  ])("survives %s as an error", (_, thrown, message) => {
    const { tracer, only } = setUp();
    let caught: unknown;
    try {
      tracer.trace("work", () => {
        throw thrown;
      });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(thrown);
    expect(only().status).toEqual({ code: SpanStatusCode.ERROR, message });
  });

  it("makes the span active in fn, and nests", async () => {
    const { tracer, exporter } = setUp();
    await tracer.trace("outer", async (outer) => {
      await Promise.resolve();
      expect(trace.getActiveSpan()).toBe(outer);
      tracer.trace("inner", () => {});
    });
    const [inner, outer] = exporter.spans;
    expect(inner!.parentSpanContext?.spanId).toBe(outer!.spanContext().spanId);
  });

  it("ends the span at an abort, once, and leaves the operation alone", async () => {
    const { tracer, only } = setUp();
    const abort = new AbortController();
    const gate = Promise.withResolvers<number>();
    const traced = tracer.trace("work", { signal: abort.signal }, () => gate.promise);
    abort.abort(new Error("client is gone"));
    expect(only().status).toEqual({ code: SpanStatusCode.ERROR, message: "client is gone" });
    gate.resolve(1);
    expect(await traced).toBe(1);
    expect(only().status.code).toBe(SpanStatusCode.ERROR);
  });

  it("does not run under a signal that is aborted already", () => {
    const { tracer, exporter } = setUp();
    const reason = new Error("late");
    const run = () => tracer.trace("work", { signal: AbortSignal.abort(reason) }, () => expect.unreachable());
    expect(run).toThrow(reason);
    expect(exporter.spans).toHaveLength(0);
  });
});

describe("manual spans", () => {
  it("end once, with an error where there is one", () => {
    const { tracer, only } = setUp();
    const span = tracer.startSpan("manual", { attributes: { key: "value" } });
    tracer.addEvent(span, "note", { n: 1 });
    tracer.endSpan(span, new TypeError("bad"));
    tracer.endSpan(span);
    expect(only()).toMatchObject({ attributes: { key: "value", "error.type": "TypeError" }, status: { code: 2 } });
    expect(only().events.map(({ name }) => name)).toEqual(["note", "exception"]);
  });

  it("come with their context from traceRequest, and run a callback where one is given", () => {
    const { tracer, exporter } = setUp();
    const request = tracer.traceRequest("request", { attributes: { a: "b" } });
    context.with(request.context, () => tracer.trace("child", () => {}));
    tracer.endSpan(request.span);
    expect(exporter.spans[0]!.parentSpanContext?.spanId).toBe(request.span.spanContext().spanId);
    expect(tracer.traceRequest("request", {}, () => 7)).toBe(7);
    expect(exporter.spans).toHaveLength(3);
  });

  it("take a status: OK without description, ERROR with one", () => {
    const { tracer, exporter } = setUp();
    for (const success of [true, false]) {
      const span = tracer.startSpan("s");
      tracer.setStatus(span, success, "why");
      tracer.endSpan(span);
    }
    expect(exporter.spans.map(({ status }) => status)).toEqual([{ code: 1 }, { code: 2, message: "why" }]);
  });
});

describe("the operations of a stateful service", () => {
  it("record a cache hit at the end, with the key hashed", async () => {
    const { tracer, exporter } = setUp({ hashSecret: "s" });
    expect(await tracer.traceCacheOperation("get", { key: "user:7", cacheName: "near" }, async () => 5)).toBe(5);
    tracer.traceCacheOperation("get", { key: "user:7" }, () => undefined);
    tracer.traceCacheOperation("set", { key: "user:8" }, () => undefined);
    const [hit, miss, set] = exporter.spans.map(({ attributes }) => attributes);
    expect(hit).toMatchObject({ "route.cache.operation": "get", "route.cache.name": "near", "route.cache.hit": true });
    expect(miss!["route.cache.hit"]).toBe(false);
    expect(set).not.toHaveProperty("route.cache.hit");
    expect(hit!["route.cache.key.hash"]).toMatch(/^[0-9a-f]{16}$/);
    expect(hit!["route.cache.key.hash"]).toBe(miss!["route.cache.key.hash"]);
    expect(JSON.stringify(exporter.spans.map(({ attributes }) => attributes))).not.toContain("user:");
    expect(exporter.spans[0]!.name).toBe("cache.get");
  });

  it("record the chosen pod, also pod 0", () => {
    const { tracer, only } = setUp();
    const options = { service: "chat", podCount: 3, algorithm: "p2c", attempt: 1 };
    tracer.traceLoadBalancerOperation("select", options, () => 0);
    expect(only().attributes).toEqual({
      "route.lb.operation": "select",
      "route.lb.service": "chat",
      "route.lb.candidates": 3,
      "route.lb.algorithm": "p2c",
      "route.lb.attempt": 1,
      "route.pod.index": 0,
    });
  });

  it("record a failed health check as an error", () => {
    const { tracer, exporter } = setUp();
    tracer.traceHealthCheck("chat", { podId: 2 }, () => true);
    tracer.traceHealthCheck("chat", { podId: 2, success: (code) => code === 200 }, () => 503);
    expect(exporter.spans.map((span) => [span.attributes["route.health.success"], span.status.code])).toEqual([
      [true, 0],
      [false, 2],
    ]);
  });

  it("name Redis commands as the semantic conventions do", () => {
    const { tracer, only } = setUp();
    tracer.traceRedisCommand(
      "EVALSHA",
      { target: "link", script: "claim", databaseIndex: 0, serverPort: 6379 },
      () => 1,
    );
    expect(only()).toMatchObject({
      name: "EVALSHA link",
      kind: SpanKind.CLIENT,
      attributes: {
        "db.system.name": "redis",
        "db.operation.name": "EVALSHA",
        "db.namespace": "0",
        "server.port": 6379,
      },
    });
  });

  it("record pod and outcome of a look-up, and not the uid", () => {
    const { tracer, only } = setUp();
    const options = { service: "chat", uid: "u-1", pod: (link: { pod: number }) => link.pod, outcome: () => "created" };
    tracer.traceRouteLookup(options, () => ({ pod: 4 }));
    expect(only().attributes).toMatchObject({ "route.pod.index": 4, "route.link.outcome": "created" });
    expect(JSON.stringify(only().attributes)).not.toContain("u-1");
  });

  it("use the names of the Go design where asked, and show or omit keys where asked", () => {
    const go = setUp({ legacyNames: true, keys: "plain" });
    go.tracer.traceCacheOperation("get", { key: "k" }, () => 1);
    expect(go.only().attributes).toEqual({ "cache.operation": "get", "cache.key": "k", "cache.hit": true });
    const silent = setUp({ keys: "omit" });
    silent.tracer.traceCacheOperation("get", { key: "k" }, () => 1);
    expect(silent.only().attributes).toEqual({ "route.cache.operation": "get", "route.cache.hit": true });
  });

  it("do not fail when a selector of the caller does", () => {
    const { tracer, only } = setUp();
    const hit = () => {
      throw new Error("selector");
    };
    expect(tracer.traceCacheOperation("get", { hit }, () => 9)).toBe(9);
    expect(only().events.map(({ name }) => name)).toEqual(["route.outcome.unreadable"]);
  });
});

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

describe("without an SDK", () => {
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
  ])("refuse %j", (options, message) => {
    expect(() => new RequestTracer(options)).toThrow(message);
  });
});
