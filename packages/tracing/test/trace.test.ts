import { getEventListeners } from "node:events";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setUp } from "./_tracer.ts";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

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

  it("leaves no listener on a signal that outlives it", async () => {
    const { tracer } = setUp();
    const { signal } = new AbortController();
    tracer.trace("returns", { signal }, () => {});
    await tracer.trace("resolves", { signal }, async () => {});
    await tracer.trace("rejects", { signal }, async () => Promise.reject(new Error("x"))).catch(() => {});
    expect(getEventListeners(signal, "abort")).toEqual([]);
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
