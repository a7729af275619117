import type { HrTime, Link, SpanContext, SpanStatus } from "@opentelemetry/api";
import type { FinishedSpan, SpanEvent, SpanResource, SpanScope } from "../types.ts";
import { writeAttributes } from "./attribute-encoder.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

/** Tag of a span inside ScopeSpans: a body of spans is a sequence of this byte, a length and the span. */
export const spanTag = 0x12;
const hasIsRemote = 0x100;
const isRemote = 0x200;
const two32 = 4_294_967_296;

/** Writes one span with tag and length. Field order and presence equal those of the official serializer, byte for byte. */
export const writeSpan = (writer: ProtobufWriter, span: FinishedSpan): void => {
  const context = span.spanContext();
  const parent = span.parentSpanContext;
  writer.reserve(0);
  writer.byte(spanTag);
  const start = writer.openLength(2);
  writeIds(writer, context);
  writeTraceState(writer, context);
  if (parent?.spanId) writeHex(writer, 0x22, parent.spanId);
  writer.byte(0x2a);
  writer.string(span.name);
  if (span.kind != null) {
    writer.byte(0x30);
    writer.varint(span.kind + 1);
  }
  writeTime(writer, 0x39, span.startTime);
  writeTime(writer, 0x41, span.endTime);
  if (span.attributes) writeAttributes(writer, span.attributes, 0x4a);
  writer.byte(0x50);
  writer.varint(span.droppedAttributesCount);
  const { events, links } = span;
  for (let index = 0; index < events.length; index++) writeEvent(writer, events[index]!);
  writer.byte(0x60);
  writer.varint(span.droppedEventsCount);
  for (let index = 0; index < links.length; index++) writeLink(writer, links[index]!);
  writer.byte(0x70);
  writer.varint(span.droppedLinksCount);
  writeStatus(writer, span.status);
  writer.byte(0x85);
  writer.byte(0x01);
  writer.fixed32(flagsOf(context, parent?.isRemote));
  writer.closeLength(start, 2);
};

/** Writes an InstrumentationScope with tag 1. */
export const writeScope = (writer: ProtobufWriter, scope: SpanScope): void => {
  writer.reserve(0);
  writer.byte(0x0a);
  const start = writer.openLength(1);
  writer.byte(0x0a);
  writer.string(scope.name);
  if (scope.version) {
    writer.byte(0x12);
    writer.string(scope.version);
  }
  if (scope.attributes) writeAttributes(writer, scope.attributes, 0x1a);
  if (scope.droppedAttributesCount) {
    writer.byte(0x20);
    writer.varint(scope.droppedAttributesCount);
  }
  writer.closeLength(start, 1);
};

/** Writes a Resource with tag 1. */
export const writeResource = (writer: ProtobufWriter, resource: SpanResource): void => {
  writer.reserve(0);
  writer.byte(0x0a);
  const start = writer.openLength(2);
  if (resource.attributes) writeAttributes(writer, resource.attributes, 0x0a);
  writer.byte(0x10);
  writer.byte(0);
  writer.closeLength(start, 2);
};

const flagsOf = (context: SpanContext, remote: boolean | undefined): number =>
  (context.traceFlags & 0xff) | hasIsRemote | (remote ? isRemote : 0);

const writeIds = (writer: ProtobufWriter, context: SpanContext): void => {
  writeHex(writer, 0x0a, context.traceId);
  writeHex(writer, 0x12, context.spanId);
};

const writeTraceState = (writer: ProtobufWriter, context: SpanContext): void => {
  const state = context.traceState?.serialize();
  if (!state) return;
  writer.byte(0x1a);
  writer.string(state);
};

const writeEvent = (writer: ProtobufWriter, event: SpanEvent): void => {
  writer.reserve(0);
  writer.byte(0x5a);
  const start = writer.openLength(1);
  writeTime(writer, 0x09, event.time);
  writer.byte(0x12);
  writer.string(event.name);
  if (event.attributes) writeAttributes(writer, event.attributes, 0x1a);
  writer.byte(0x20);
  writer.varint(event.droppedAttributesCount ?? 0);
  writer.closeLength(start, 1);
};

const writeLink = (writer: ProtobufWriter, link: Link): void => {
  writer.reserve(0);
  writer.byte(0x6a);
  const start = writer.openLength(1);
  writeIds(writer, link.context);
  writeTraceState(writer, link.context);
  if (link.attributes) writeAttributes(writer, link.attributes, 0x22);
  writer.byte(0x28);
  writer.varint(link.droppedAttributesCount ?? 0);
  writer.byte(0x35);
  writer.fixed32(flagsOf(link.context, link.context.isRemote));
  writer.closeLength(start, 1);
};

const writeStatus = (writer: ProtobufWriter, status: SpanStatus): void => {
  writer.reserve(0);
  writer.byte(0x7a);
  const start = writer.openLength(1);
  if (status.message) {
    writer.byte(0x12);
    writer.string(status.message);
  }
  writer.byte(0x18);
  writer.varint(status.code);
  writer.closeLength(start, 1);
};

/** The value of each hexadecimal digit by its character code. */
const nibbles = new Uint8Array(128);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  nibbles[digit.charCodeAt(0)] = value;
  nibbles[digit.toUpperCase().charCodeAt(0)] = value;
}

const writeHex = (writer: ProtobufWriter, tag: number, hex: string): void => {
  const sizeBytes = hex.length >>> 1;
  writer.reserve(sizeBytes);
  writer.byte(tag);
  writer.varint(sizeBytes);
  const { buffer } = writer;
  const start = writer.position;
  for (let index = 0; index < sizeBytes; index++) {
    const high = nibbles[hex.charCodeAt(2 * index)]!;
    buffer[start + index] = (high << 4) | nibbles[hex.charCodeAt(2 * index + 1)]!;
  }
  writer.position = start + sizeBytes;
};

/** Seconds and nanoseconds as one 64-bit count of nanoseconds. The product is split at 16 bits so that it stays exact without BigInt. */
const writeTime = (writer: ProtobufWriter, tag: number, time: HrTime): void => {
  const seconds = time[0];
  const low16 = (seconds & 0xffff) * 1e9;
  const upper = Math.floor(seconds / 65_536) * 1e9;
  const low = (low16 >>> 0) + (upper & 0xffff) * 65_536 + time[1];
  writer.byte(tag);
  writer.fixed32(low >>> 0);
  writer.fixed32(Math.floor(low16 / two32) + Math.floor(upper / 65_536) + Math.floor(low / two32));
};
