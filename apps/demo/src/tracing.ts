import type { IncomingMessage } from "node:http";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer, type StartedRequest } from "@route/tracing";
import { FileExporter } from "@route/tracing/exporters";
import { SpanPipeline } from "@route/tracing/processors";
import { ConsistentProbabilitySampler, HeadSampler, ParentBasedSampler } from "@route/tracing/samplers";
import type { RequestTrace } from "./gateway/ports.ts";

/** Begins the traces of requests, and ends without losing spans. */
export interface Tracing {
  begin(req: Pick<IncomingMessage, "headers" | "method">): RequestTrace;
  close(): Promise<void>;
}

/** A span as the gateway wants it. Nothing is made active: the gateway passes on what it has itself. */
class SpanTrace implements RequestTrace {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly #tracer: RequestTracer;
  readonly #span: StartedRequest["span"];

  constructor(tracer: RequestTracer, { span, context }: StartedRequest) {
    const { traceparent, tracestate } = tracer.inject<Record<string, string>>({}, context);
    this.traceparent = traceparent;
    this.tracestate = tracestate;
    this.#tracer = tracer;
    this.#span = span;
  }

  end(error: unknown): void {
    this.#tracer.endSpan(this.#span, error);
  }
}

/**
 * Spans of `service` go to `traceFile` as OTLP JSON lines; without it to whatever OpenTelemetry SDK the process has
 * registered, if any. `ratio` is the share of traces begun here that is kept; a client's decision about its own counts.
 * `onError` is told once, when spans cannot be written.
 */
export const openTracing = (
  service: string,
  traceFile: string | undefined,
  ratio = 1,
  onError: (error: Error) => void = () => {},
): Tracing => {
  const attributes = Object.freeze({ "route.service": service });
  const { tracer, close } = traceFile === undefined ? openApi() : openFile(traceFile, ratio, onError);
  return {
    begin: ({ headers, method = "GET" }) =>
      new SpanTrace(tracer, tracer.traceRequest(`${method} route`, { parent: tracer.extract(headers), attributes })),
    close,
  };
};

// Nobody asks these tracers for durations: the monitor has them.
const openApi = () => ({ tracer: new RequestTracer({ maxOperations: 0 }), close: async () => {} });

const openFile = (traceFile: string, ratio: number, onError: (error: Error) => void) => {
  let isTold = false;
  const warn = (_message: string, error: unknown): void => {
    if (!isTold && error instanceof Error) onError(error);
    isTold = true;
  };
  const pipeline = new SpanPipeline({ exporter: new FileExporter(traceFile), log: { warn } });
  const root = new ConsistentProbabilitySampler({ ratio });
  const head = new HeadSampler({ sampler: new ParentBasedSampler({ root }) });
  const tracerProvider = new TracerProvider({ sampler: head, idGenerator: head, spanProcessors: [pipeline] });
  const tracer = new RequestTracer({ tracerProvider, head, maxOperations: 0 });
  return { tracer, close: () => tracerProvider.shutdown() };
};
