// A bare HTTP server in a process of its own, traced as argv[2] says. GET /cpu answers with the CPU microseconds so far.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import { FastIdGenerator } from "@route/tracing/samplers";
import { CompressionAlgorithm, W3CTraceContextPropagator } from "./_official.ts";

const [mode, url] = process.argv.slice(2) as [string, string];
const body = JSON.stringify({ room: 7, pod: 2 });
const attributesOf = (path: string) => ({
  "http.request.method": "GET",
  "http.route": "/rooms/:id",
  "url.path": path,
  "server.address": "127.0.0.1",
  "route.pod.index": 2,
  "route.cache.hit": true,
});

const modes: Record<string, () => RequestListener> = {
  bare: () => (_request, response) => void response.end(body),
  official: () => {
    const exporter = new OTLPTraceExporter({ url, compression: CompressionAlgorithm.GZIP as never });
    const tracer = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] }).getTracer("bench");
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    return (request, response) => {
      const parent = propagation.extract(ROOT_CONTEXT, request.headers);
      const span = tracer.startSpan(
        "GET /rooms/:id",
        { kind: SpanKind.SERVER, attributes: attributesOf(request.url!) },
        parent,
      );
      context.with(trace.setSpan(parent, span), () => {
        response.end(body);
        span.setAttribute("http.response.status_code", 200);
        span.end();
      });
    };
  },
  ours: () => {
    const pipeline = new SpanPipeline({
      exporter: new OtlpHttpExporter({ url, compression: "gzip", compressionLevel: 6 }),
    });
    const tracerProvider = new TracerProvider({ spanProcessors: [pipeline], idGenerator: new FastIdGenerator() });
    const tracer = new RequestTracer({ tracerProvider, name: "bench" });
    return (request, response) => {
      const parent = tracer.extract(request.headers, ROOT_CONTEXT);
      tracer.trace(
        "GET /rooms/:id",
        { kind: SpanKind.SERVER, attributes: attributesOf(request.url!), parent },
        (span) => {
          response.end(body);
          span.setAttribute("http.response.status_code", 200);
        },
      );
    };
  },
};

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const listener = modes[mode]!();
const server = createServer((request, response) => {
  if (request.url !== "/cpu") return listener(request, response);
  const { user, system } = process.cpuUsage();
  response.end(`${user + system}`);
  return undefined;
});
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
