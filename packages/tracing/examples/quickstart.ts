import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import { ConsistentProbabilitySampler } from "@route/tracing/samplers";

// Without a context manager every span would be a trace of its own.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const url = process.env.OTLP_URL ?? "http://localhost:4318/v1/traces";
const pipeline = new SpanPipeline({ exporter: new OtlpHttpExporter({ url, retryForMs: 0 }) });
const tracerProvider = new TracerProvider({
  sampler: new ConsistentProbabilitySampler({ ratio: 1 }),
  spanProcessors: [pipeline],
});
const tracer = new RequestTracer({ tracerProvider });

// The span ends when the promise settles; the chosen pod and the cache hit are recorded then.
const pod = await tracer.trace("GET /rooms/:id", { attributes: { "http.route": "/rooms/:id" } }, async () => {
  const cached = tracer.traceCacheOperation("get", { key: "room:7", cacheName: "near" }, () => undefined);
  return cached ?? tracer.traceLoadBalancerOperation("select", { service: "chat", podCount: 3 }, async () => 2);
});
console.log(`room 7 lives on pod ${pod}`);
console.log(tracer.durations());

await tracerProvider.shutdown();
console.log(pipeline.stats());
