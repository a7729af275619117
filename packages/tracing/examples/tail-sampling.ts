import { TracerProvider } from "@opentelemetry/sdk-trace";
import { RedactingProcessor, Redactor, RequestTracer } from "@route/tracing";
import { ConsoleExporter, FanOutExporter, MemoryExporter } from "@route/tracing/exporters";
import { SpanPipeline } from "@route/tracing/processors";
import {
  dropIf,
  keepErrors,
  keepName,
  keepRatio,
  keepSlow,
  RecordAllSampler,
  TailSamplingProcessor,
} from "@route/tracing/samplers";

// Secrets leave first, then whole traces are decided about, then what is kept goes to two backends.
const exporter = new FanOutExporter({ backends: { console: new ConsoleExporter(), debug: new MemoryExporter(1_000) } });
const tail = new TailSamplingProcessor({
  next: new SpanPipeline({ exporter }),
  policies: [keepErrors(), keepSlow(500), keepRatio(0.01), dropIf(keepName("healthcheck.check"))],
});
const tracerProvider = new TracerProvider({
  sampler: new RecordAllSampler(),
  spanProcessors: [new RedactingProcessor(tail, new Redactor())],
});
const tracer = new RequestTracer({ tracerProvider });

const refuse = (): never => {
  throw new Error("card 4111 1111 1111 1111 was refused");
};
for (const name of ["GET /rooms/1", "GET /rooms/2"]) tracer.trace(name, () => {});
tracer.traceHealthCheck("chat", { podId: 0 }, () => false);
try {
  tracer.trace("POST /pay", { attributes: { "url.full": "https://pay.example/?token=abc" } }, refuse);
} catch (error) {
  console.log(`the caller still sees: ${(error as Error).message}`);
}

await tracerProvider.shutdown();
console.log(tail.stats());
console.log(exporter.stats());
