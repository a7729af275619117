import type { FinishedSpan, SpanScope } from "../types.ts";
import { groupSpans } from "./group-spans.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { writeResource, writeScope, writeSpan } from "./span-encoder.ts";

/** First guess of a span's size; the buffer grows where it is short. */
const spanBytes = 512;

const writeSchemaUrl = (writer: ProtobufWriter, schemaUrl: string | undefined): void => {
  if (!schemaUrl) return;
  writer.byte(0x1a);
  writer.string(schemaUrl);
};

const writeScopeSpans = (writer: ProtobufWriter, scope: SpanScope, spans: readonly FinishedSpan[]): void => {
  writer.reserve(0);
  writer.byte(0x12);
  const start = writer.openLength(3);
  writeScope(writer, scope);
  for (const span of spans) writeSpan(writer, span);
  writeSchemaUrl(writer, scope.schemaUrl);
  writer.closeLength(start, 3);
};

/** Encodes spans as an OTLP ExportTraceServiceRequest, grouped by resource and scope in order of appearance. */
export const encodeTraces = (spans: readonly FinishedSpan[]): Uint8Array => {
  const writer = new ProtobufWriter(spans.length * spanBytes + spanBytes);
  for (const [resource, group] of groupSpans(spans)) {
    writer.reserve(0);
    writer.byte(0x0a);
    const start = writer.openLength(3);
    writeResource(writer, resource);
    for (const [scope, scoped] of group) writeScopeSpans(writer, scope, scoped);
    writeSchemaUrl(writer, resource.schemaUrl);
    writer.closeLength(start, 3);
  }
  return writer.written();
};
