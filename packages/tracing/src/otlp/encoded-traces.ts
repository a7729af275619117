import type { SpanResource } from "../types.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { type Bodies, bodiesIn, countSpans, cutBodies, type Layout, layoutOf, type ScopeBody } from "./scope-body.ts";
import { writeResource, writeScope } from "./span-encoder.ts";

/** Spans that are already encoded, ready to be sent as one ExportTraceServiceRequest. */
export interface EncodedTraces {
  readonly spanCount: number;
  /** Size of the whole request. */
  readonly sizeBytes: number;
  /** The request in pieces that follow each other. Views into pooled memory: valid until its owner takes it back. */
  readonly parts: readonly Uint8Array[];
  /** Two requests with half of the spans each, or `undefined` for a single span. They share this one's memory. */
  split(): readonly [EncodedTraces, EncodedTraces] | undefined;
  /** Makes this request again from a copy of its bytes. The function does not hold on to the memory of this one. */
  detach(): (copy: Uint8Array) => EncodedTraces;
}

const headerBytes = 512;

const sizeOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

const bytesOf = (write: (writer: ProtobufWriter) => void): Uint8Array => {
  const writer = new ProtobufWriter(headerBytes);
  write(writer);
  return writer.written();
};

const tagAndLength = (tag: number, length: number): Uint8Array =>
  bytesOf((writer) => {
    writer.byte(tag);
    writer.varint(length);
  });

const schemaUrlOf = (schemaUrl: string | undefined): Uint8Array[] =>
  schemaUrl
    ? [
        bytesOf((writer) => {
          writer.byte(0x1a);
          writer.string(schemaUrl);
        }),
      ]
    : [];

const framed = (tag: number, parts: readonly Uint8Array[]): Uint8Array[] => [
  tagAndLength(tag, sizeOf(parts)),
  ...parts,
];

const scopeParts = ({ scope, chunks }: ScopeBody): Uint8Array[] =>
  framed(0x12, [bytesOf((writer) => writeScope(writer, scope)), ...chunks, ...schemaUrlOf(scope.schemaUrl)]);

const resourceParts = (resource: SpanResource, bodies: readonly ScopeBody[]): Uint8Array[] =>
  framed(0x0a, [
    bytesOf((writer) => writeResource(writer, resource)),
    ...bodies.flatMap(scopeParts),
    ...schemaUrlOf(resource.schemaUrl),
  ]);

/** Not written inside `frameTraces`, whose variables, and with them the memory, every function made there keeps alive. */
const restoring =
  (layout: Layout) =>
  (copy: Uint8Array): EncodedTraces =>
    frameTraces(bodiesIn(copy, layout));

/** Frames encoded spans as one request. Resources and scopes are written now. */
export const frameTraces = (bodies: Bodies): EncodedTraces => {
  const parts = [...bodies].flatMap(([resource, scoped]) => resourceParts(resource, scoped));
  const spanCount = countSpans(bodies);
  return {
    spanCount,
    sizeBytes: sizeOf(parts),
    parts,
    split: () => {
      if (spanCount < 2) return undefined;
      const [head, tail] = cutBodies(bodies, spanCount >>> 1);
      return [frameTraces(head), frameTraces(tail)];
    },
    detach: () => restoring(layoutOf(bodies, parts)),
  };
};
