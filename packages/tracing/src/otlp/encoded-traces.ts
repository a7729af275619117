import type { SpanResource, SpanScope } from "../types.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { writeResource, writeScope } from "./span-encoder.ts";

/** Spans that are already encoded, ready to be sent as one ExportTraceServiceRequest. */
export interface EncodedTraces {
  readonly spanCount: number;
  /** Size of the whole request. */
  readonly sizeBytes: number;
  /** The request in pieces that follow each other. Views into pooled memory: valid until `release`. */
  readonly parts: readonly Uint8Array[];
  /** Two requests with half of the spans each, or `undefined` for a single span. They share this one's memory. */
  split(): readonly [EncodedTraces, EncodedTraces] | undefined;
}

/** Encoded spans of one scope, in order. */
export interface ScopeBody {
  readonly scope: SpanScope;
  readonly chunks: readonly Uint8Array[];
  readonly spanCount: number;
}

/** Encoded spans by resource and scope. */
export type Bodies = ReadonlyMap<SpanResource, readonly ScopeBody[]>;

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

const countSpans = (bodies: Bodies): number =>
  [...bodies.values()].flat().reduce((sum, body) => sum + body.spanCount, 0);

/** The end of the span that begins at `start`: its tag is one byte, its length a varint. */
const spanEnd = (chunk: Uint8Array, start: number): number => {
  let at = start + 1;
  let length = 0;
  let shift = 0;
  for (; chunk[at]! > 127; at++, shift += 7) length |= (chunk[at]! & 127) << shift;
  return at + 1 + (length | (chunk[at]! << shift));
};

/** The first `count` spans of a body, and the others. */
const cutBody = ({ scope, chunks, spanCount }: ScopeBody, count: number): readonly [ScopeBody, ScopeBody] => {
  const head: Uint8Array[] = [];
  const tail: Uint8Array[] = [];
  let left = count;
  for (const chunk of chunks) {
    let end = 0;
    for (; left > 0 && end < chunk.length; left--) end = spanEnd(chunk, end);
    if (end > 0) head.push(chunk.subarray(0, end));
    if (end < chunk.length) tail.push(chunk.subarray(end));
  }
  return [
    { scope, chunks: head, spanCount: count },
    { scope, chunks: tail, spanCount: spanCount - count },
  ];
};

const cutBodies = (bodies: Bodies, count: number): readonly [Bodies, Bodies] => {
  const head = new Map<SpanResource, ScopeBody[]>();
  const tail = new Map<SpanResource, ScopeBody[]>();
  const put = (side: Map<SpanResource, ScopeBody[]>, resource: SpanResource, body: ScopeBody): void => {
    if (body.spanCount === 0) return;
    const known = side.get(resource);
    if (known) known.push(body);
    else side.set(resource, [body]);
  };
  let left = count;
  for (const [resource, scoped] of bodies) {
    for (const body of scoped) {
      const [first, second] = cutBody(body, Math.min(left, body.spanCount));
      left -= first.spanCount;
      put(head, resource, first);
      put(tail, resource, second);
    }
  }
  return [head, tail];
};

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
  };
};
