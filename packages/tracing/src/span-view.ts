import type { Attributes, HrTime, Link, SpanContext, SpanKind, SpanStatus } from "@opentelemetry/api";
import type { FinishedSpan, SpanEvent, SpanResource, SpanScope } from "./types.ts";

/** What a view of a span may show differently. */
export interface SpanChanges {
  readonly context?: SpanContext;
  readonly name?: string;
  readonly status?: SpanStatus;
  readonly attributes?: Attributes;
  readonly links?: Link[];
  readonly events?: SpanEvent[];
  readonly resource?: SpanResource;
}

/** A finished span with some parts replaced. The original is left as it is; what is not replaced is shared with it. */
export class SpanView implements FinishedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly ended = true;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly events: SpanEvent[];
  readonly resource: SpanResource;
  readonly instrumentationScope: SpanScope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  readonly #context: SpanContext;

  constructor(span: FinishedSpan, changes: SpanChanges) {
    this.#context = changes.context ?? span.spanContext();
    this.name = changes.name ?? span.name;
    this.kind = span.kind;
    if (span.parentSpanContext) this.parentSpanContext = span.parentSpanContext;
    this.startTime = span.startTime;
    this.endTime = span.endTime;
    this.duration = span.duration;
    this.status = changes.status ?? span.status;
    this.attributes = changes.attributes ?? span.attributes;
    this.links = changes.links ?? span.links;
    this.events = changes.events ?? span.events;
    this.resource = changes.resource ?? span.resource;
    this.instrumentationScope = span.instrumentationScope;
    this.droppedAttributesCount = span.droppedAttributesCount;
    this.droppedEventsCount = span.droppedEventsCount;
    this.droppedLinksCount = span.droppedLinksCount;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}
