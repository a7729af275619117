import type { SpanResource, SpanScope } from "../types.ts";

/** Encoded spans of one scope, in order. */
export interface ScopeBody {
  readonly scope: SpanScope;
  readonly chunks: readonly Uint8Array[];
  readonly spanCount: number;
}

/** Encoded spans by resource and scope. */
export type Bodies = ReadonlyMap<SpanResource, readonly ScopeBody[]>;

/** How many spans all `bodies` hold. */
export const countSpans = (bodies: Bodies): number =>
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

/** The first `count` spans of `bodies`, and the others. They share its memory. */
export const cutBodies = (bodies: Bodies, count: number): readonly [Bodies, Bodies] => {
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

type Range = readonly [start: number, end: number];

/** Encoded spans by resource and scope, as places in a request and without its memory. */
export type Layout = ReadonlyMap<SpanResource, readonly ScopeLayout[]>;

interface ScopeLayout {
  readonly scope: SpanScope;
  readonly ranges: readonly Range[];
  readonly spanCount: number;
}

/** Where the chunks of `bodies` lie in the request that consists of `parts`. */
export const layoutOf = (bodies: Bodies, parts: readonly Uint8Array[]): Layout => {
  const ranges = new Map<Uint8Array, Range>();
  let end = 0;
  for (const part of parts) {
    const start = end;
    end += part.length;
    ranges.set(part, [start, end]);
  }
  const placed = ({ scope, chunks, spanCount }: ScopeBody): ScopeLayout => ({
    scope,
    ranges: chunks.map((chunk) => ranges.get(chunk)!),
    spanCount,
  });
  return new Map([...bodies].map(([resource, scoped]) => [resource, scoped.map(placed)]));
};

/** The bodies that `layout` describes, as views into `request`. */
export const bodiesIn = (request: Uint8Array, layout: Layout): Bodies => {
  const found = ({ scope, ranges, spanCount }: ScopeLayout): ScopeBody => ({
    scope,
    chunks: ranges.map(([start, end]) => request.subarray(start, end)),
    spanCount,
  });
  return new Map([...layout].map(([resource, scoped]) => [resource, scoped.map(found)]));
};
