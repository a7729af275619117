import type { Attributes, HrTime, Link, SpanContext } from "@opentelemetry/api";
import type { FinishedSpan, SpanEvent, SpanResource, SpanScope } from "../types.ts";
import { groupSpans } from "./group-spans.ts";

const maxDepth = 30;
const hasIsRemote = 0x100;
const isRemote = 0x200;

/** Spans in the JSON form of OTLP: hexadecimal ids, 64-bit integers as strings, enums as numbers. */
export const encodeTracesJson = (spans: readonly FinishedSpan[]): string => {
  const resourceSpans = [...groupSpans(spans)].map(([resource, group]) => ({
    resource: { attributes: keyValues(resource.attributes), droppedAttributesCount: 0 },
    scopeSpans: [...group].map(([scope, scoped]) => ({
      scope: scopeOf(scope),
      spans: scoped.map(spanOf),
      ...schemaOf(scope),
    })),
    ...schemaOf(resource),
  }));
  return JSON.stringify({ resourceSpans });
};

const schemaOf = ({ schemaUrl }: SpanResource | SpanScope): object => (schemaUrl ? { schemaUrl } : {});

const scopeOf = (scope: SpanScope): object => ({
  name: scope.name,
  ...(scope.version && { version: scope.version }),
  ...(scope.attributes && { attributes: keyValues(scope.attributes) }),
  ...(scope.droppedAttributesCount && { droppedAttributesCount: scope.droppedAttributesCount }),
});

const idsOf = (context: SpanContext): object => {
  const traceState = context.traceState?.serialize();
  return { traceId: context.traceId, spanId: context.spanId, ...(traceState && { traceState }) };
};

const flagsOf = (context: SpanContext, remote: boolean | undefined): number =>
  (context.traceFlags & 0xff) | hasIsRemote | (remote ? isRemote : 0);

const nanoseconds = ([seconds, nanos]: HrTime): string =>
  seconds === 0 ? `${Math.trunc(nanos)}` : `${Math.trunc(seconds)}${`${Math.trunc(nanos)}`.padStart(9, "0")}`;

const spanOf = (span: FinishedSpan): object => {
  const context = span.spanContext();
  const parent = span.parentSpanContext;
  return {
    ...idsOf(context),
    ...(parent?.spanId && { parentSpanId: parent.spanId }),
    name: span.name,
    kind: span.kind == null ? 0 : span.kind + 1,
    startTimeUnixNano: nanoseconds(span.startTime),
    endTimeUnixNano: nanoseconds(span.endTime),
    attributes: keyValues(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map(eventOf),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map(linkOf),
    droppedLinksCount: span.droppedLinksCount,
    status: { code: span.status.code, ...(span.status.message && { message: span.status.message }) },
    flags: flagsOf(context, parent?.isRemote),
  };
};

const eventOf = (event: SpanEvent): object => ({
  timeUnixNano: nanoseconds(event.time),
  name: event.name,
  attributes: keyValues(event.attributes),
  droppedAttributesCount: event.droppedAttributesCount ?? 0,
});

const linkOf = (link: Link): object => ({
  ...idsOf(link.context),
  attributes: keyValues(link.attributes),
  droppedAttributesCount: link.droppedAttributesCount ?? 0,
  flags: flagsOf(link.context, link.context.isRemote),
});

const keyValues = (attributes: Attributes | undefined, depth = 0): object[] =>
  Object.keys(attributes ?? {}).map((key) => ({ key, value: anyValue(attributes![key], depth) }));

const anyValue = (value: unknown, depth: number): object => {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isInteger(value) && Math.abs(value) < 2 ** 63
        ? { intValue: BigInt(value).toString() }
        : { doubleValue: Number.isFinite(value) ? value : String(value) };
    case "object":
      return value === null || depth >= maxDepth ? {} : objectValue(value, depth + 1);
    default:
      return {};
  }
};

const objectValue = (value: object, depth: number): object => {
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return { arrayValue: { values: Array.from(value, (item) => anyValue(item, depth)) } };
  return { kvlistValue: { values: keyValues(value as Attributes, depth) } };
};
