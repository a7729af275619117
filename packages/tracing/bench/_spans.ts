import { type Attributes, ROOT_CONTEXT, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { AlwaysOnSampler, type ReadableSpan, type SpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** Keeps ended spans; the SDK's own spans are what every contender gets. */
class Collector implements SpanProcessor {
  readonly spans: ReadableSpan[] = [];
  onStart(): void {}
  onEnd(span: ReadableSpan): void {
    this.spans.push(span);
  }
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }
  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** 8 attributes as a gateway sets them. */
export const requestAttributes = (index: number): Attributes => ({
  "http.request.method": "GET",
  "http.route": "/rooms/:id",
  "url.path": `/rooms/${index}`,
  "http.response.status_code": 200,
  "server.address": "gateway.internal",
  "route.pod.index": index % 7,
  "route.cache.hit": index % 3 === 0,
  "route.uid.hash": (index * 2654435761).toString(16),
});

/** `count` traces of the SDK: a root span around three children that end before it, as its processor gets them. */
export const sdkTraces = (count: number): ReadableSpan[] => {
  const collector = new Collector();
  const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [collector] });
  const tracer = provider.getTracer("stateful-route", "1.0.0");
  for (let index = 0; index < count; index++) {
    const root = tracer.startSpan("GET /rooms/:id", { attributes: requestAttributes(index) });
    const inside = trace.setSpan(ROOT_CONTEXT, root);
    for (const name of ["cache.get", "route.lookup", "proxy"]) tracer.startSpan(name, {}, inside).end();
    root.end();
  }
  return collector.spans;
};

/** Starts and ends `count` spans with 8 attributes and 2 events. */
export const endRequestSpans = (tracer: Tracer, count: number): void => {
  for (let index = 0; index < count; index++) {
    const span = tracer.startSpan("GET /rooms/:id", { kind: SpanKind.SERVER, attributes: requestAttributes(index) });
    span.addEvent("cache.miss", { "cache.name": "near" });
    span.addEvent("link.found", { "route.pod.index": index % 7, attempt: 1 });
    span.end();
  }
};

/** `count` ended spans of the SDK with 8 attributes and 2 events. */
export const sdkSpans = (count: number): ReadableSpan[] => {
  const collector = new Collector();
  const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [collector] });
  endRequestSpans(provider.getTracer("stateful-route", "1.0.0"), count);
  return collector.spans;
};
