import {
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
} from "@opentelemetry/api";
import type { FinishedSpan, SpanEvent, SpanResource, SpanScope } from "../src/index.ts";

export const resource: SpanResource = {
  attributes: { "service.name": "gateway", "process.pid": 4711 },
  schemaUrl: "https://opentelemetry.io/schemas/1.45.0",
};
export const scope: SpanScope = { name: "stateful-route", version: "1.0.0" };

export interface SpanFields {
  readonly name?: string;
  readonly kind?: SpanKind;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly traceFlags?: number;
  readonly parent?: SpanContext;
  readonly startTime?: HrTime;
  readonly endTime?: HrTime;
  readonly duration?: HrTime;
  readonly status?: SpanStatus;
  readonly attributes?: Attributes;
  readonly events?: SpanEvent[];
  readonly links?: Link[];
  readonly resource?: SpanResource;
  readonly scope?: SpanScope;
}

let sequence = 0;

/** An ended span with the given fields; ids count up. */
export const finishedSpan = (fields: SpanFields = {}): FinishedSpan => {
  sequence++;
  const context: SpanContext = {
    traceId: fields.traceId ?? sequence.toString(16).padStart(32, "a"),
    spanId: fields.spanId ?? sequence.toString(16).padStart(16, "b"),
    traceFlags: fields.traceFlags ?? 1,
  };
  return {
    name: fields.name ?? "route.lookup",
    kind: fields.kind ?? SpanKind.SERVER,
    spanContext: () => context,
    ...(fields.parent && { parentSpanContext: fields.parent }),
    startTime: fields.startTime ?? [1_790_000_000, 123_456_789],
    endTime: fields.endTime ?? [1_790_000_000, 323_456_789],
    duration: fields.duration ?? [0, 200_000_000],
    ended: true,
    status: fields.status ?? { code: 0 },
    attributes: fields.attributes ?? { "route.pod.index": 0, "route.service": "chat" },
    links: fields.links ?? [],
    events: fields.events ?? [],
    resource: fields.resource ?? resource,
    instrumentationScope: fields.scope ?? scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
};
