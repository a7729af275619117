import { spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { join } from "node:path";
import { context, createContextKey } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { type FinishedSpan, meterMetrics, metricNames, RequestTracer, TracingError } from "@route/tracing";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import { describe, expect, it } from "vitest";
import { startReceiver } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

const suppressed = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** Whether tracing was suppressed in the context of each HTTP request that `work` makes. */
const suppressionsDuring = async (work: () => Promise<void>): Promise<unknown[]> => {
  const seen: unknown[] = [];
  const onRequest = (): void => void seen.push(context.active().getValue(suppressed));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  subscribe("http.client.request.start", onRequest);
  try {
    await work();
  } finally {
    unsubscribe("http.client.request.start", onRequest);
    context.disable();
  }
  return seen;
};

describe("the pipeline", () => {
  it("never traces its own traffic: requests run in a context in which instrumentation is suppressed", async () => {
    await using receiver = await startReceiver();
    const exporter = new OtlpHttpExporter({ url: receiver.url, initialBackoffMs: 1 });
    const pipeline = new SpanPipeline({ exporter });
    receiver.script((response) => void response.writeHead(503).end());
    const tracer = new RequestTracer({ tracerProvider: new TracerProvider({ spanProcessors: [pipeline] }) });
    const seen = await suppressionsDuring(async () => {
      await tracer.trace("work", async () => {
        tracer.trace("inner", () => {});
        await pipeline.forceFlush();
      });
      await pipeline.shutdown();
    });
    expect(receiver.spans.map(({ name }) => name)).toEqual(["inner", "work"]);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen.every((value) => value === true)).toBe(true);
  });

  it("lets every other exporter work in such a context too", async () => {
    const seen: unknown[] = [];
    const exporter = {
      export: (_spans: FinishedSpan[], done: (result: { code: number }) => void) => {
        seen.push(context.active().getValue(suppressed));
        done({ code: 0 });
      },
      shutdown: async () => {},
    };
    const pipeline = new SpanPipeline({ exporter });
    await suppressionsDuring(async () => {
      pipeline.onEnd(finishedSpan());
      await pipeline.shutdown();
    });
    expect(seen).toEqual([true]);
  });

  it("never traces what an exporter sends by itself, behind whatever processor", async () => {
    await using receiver = await startReceiver();
    await using exporter = new OtlpHttpExporter({ url: receiver.url, initialBackoffMs: 1 });
    receiver.script((response) => void response.writeHead(503).end());
    const seen = await suppressionsDuring(async () => {
      await new Promise<unknown>((resolve) => exporter.export([finishedSpan()], resolve));
    });
    expect(seen).toEqual([true, true]);
  });

  it("keeps no process and no worker alive", async () => {
    const child = spawn(process.execPath, ["--conditions=route-source", join(import.meta.dirname, "_idle-process.ts")]);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => {
        output += text;
      });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(output).toContain("worker ended with 0");
    expect(code).toBe(0);
  });
});

describe("TracingError", () => {
  it("is recognised across copies of the package, and other errors are not", async () => {
    const copy: typeof import("../src/errors.ts") = await import(`${"../src/errors.ts"}?copy`);
    expect(copy.TracingError).not.toBe(TracingError);
    expect(new copy.TracingError("closed", "x")).toBeInstanceOf(TracingError);
    expect(new TracingError("closed", "x", { cause: 1 })).toMatchObject({
      name: "TracingError",
      cause: 1,
      retryable: false,
    });
    for (const other of [new Error("x"), { code: "closed" }, null, undefined, "closed"])
      expect(other instanceof TracingError).toBe(false);
  });
});

describe("meterMetrics", () => {
  it("records through an OpenTelemetry meter, making each instrument once", () => {
    const calls: string[] = [];
    const instrument = (kind: string) => (name: string) => {
      calls.push(`create ${kind} ${name}`);
      const record = (value: number, attributes: unknown): void =>
        void calls.push(`${name} ${value} ${JSON.stringify(attributes)}`);
      return { add: record, record };
    };
    const meter = {
      createCounter: instrument("counter"),
      createGauge: instrument("gauge"),
      createHistogram: instrument("histogram"),
    };
    const metrics = meterMetrics(meter as never);
    metrics.count(metricNames.processed, 2, { "error.type": "queue_full" });
    metrics.count(metricNames.processed, 3);
    metrics.gauge(metricNames.queueSize, 4);
    metrics.observe(metricNames.exportSeconds, 0.5);
    expect(calls).toEqual([
      "create counter otel.sdk.processor.span.processed",
      'otel.sdk.processor.span.processed 2 {"error.type":"queue_full"}',
      "otel.sdk.processor.span.processed 3 undefined",
      "create gauge otel.sdk.processor.span.queue.size",
      "otel.sdk.processor.span.queue.size 4 undefined",
      "create histogram otel.sdk.exporter.operation.duration",
      "otel.sdk.exporter.operation.duration 0.5 undefined",
    ]);
  });
});
