import type { Attributes, Context, HrTime, Link, SpanContext, SpanKind, SpanStatus } from "@opentelemetry/api";

/** What produced the telemetry: a service instance with its attributes. */
export interface SpanResource {
  readonly attributes: Attributes;
  readonly schemaUrl?: string;
  readonly asyncAttributesPending?: boolean;
  waitForAsyncAttributes?(): Promise<void>;
}

/** The library that made a span. */
export interface SpanScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
  readonly attributes?: Attributes;
  readonly droppedAttributesCount?: number;
}

/** A dated note on a span. */
export interface SpanEvent {
  readonly time: HrTime;
  readonly name: string;
  readonly attributes?: Attributes;
  readonly droppedAttributesCount?: number;
}

/** An ended span, as every 2.x and 3.x OpenTelemetry SDK hands it to processors and exporters. */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly ended: boolean;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly events: SpanEvent[];
  readonly resource: SpanResource;
  readonly instrumentationScope: SpanScope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** A span processor of the SDK, by structure. */
export interface FinishedSpanProcessor {
  onStart(span: never, parentContext: Context): void;
  onEnding?(span: never): void;
  onEnd(span: FinishedSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The answer of an exporter: code 0 is success, 1 is failure. */
export interface SpanExportResult {
  readonly code: number;
  readonly error?: Error;
}

/** A span exporter of the SDK, by structure. */
export interface FinishedSpanExporter {
  export(spans: FinishedSpan[], resultCallback: (result: SpanExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}
