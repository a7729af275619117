import { createTraceState } from "@opentelemetry/api";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { encodeTraces, SpanBatch } from "@route/tracing/otlp";
import { expect } from "vitest";
import type { FinishedSpan } from "../src/index.ts";
import { finishedSpan } from "./_spans.ts";

type OfficialSpans = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0];
/** What the official serializer writes, in hexadecimal. */
export const official = (spans: readonly FinishedSpan[]): string =>
  Buffer.from(ProtobufTraceSerializer.serializeRequest(spans as unknown as OfficialSpans)!).toString("hex");
/** What `encodeTraces` writes. */
export const ours = (spans: readonly FinishedSpan[]): string => Buffer.from(encodeTraces(spans)).toString("hex");
/** What a `SpanBatch` writes. */
export const batched = (spans: readonly FinishedSpan[]): string => {
  const batch = new SpanBatch();
  for (const span of spans) batch.append(span);
  const traces = batch.frame();
  expect(traces.spanCount).toBe(spans.length);
  expect(Buffer.concat(traces.parts)).toHaveLength(traces.sizeBytes);
  return Buffer.concat(traces.parts).toString("hex");
};

/** A span with a value of every kind. */
export const rich = (): FinishedSpan =>
  finishedSpan({
    name: "GET /rooms/:id",
    parent: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1, isRemote: true },
    status: { code: 2, message: "kaputt – 故障" },
    attributes: {
      text: "chat",
      long: "x".repeat(5_000),
      edge: ["y".repeat(63), "z".repeat(64), "ü".repeat(127), "v".repeat(128), "\ud800 lone"],
      integer: -42,
      big: 2 ** 53,
      huge: 2 ** 63,
      negativeZero: -0,
      nan: Number.NaN,
      half: 0.5,
      yes: true,
      bytes: new Uint8Array([0, 255, 7]),
      nested: { a: { b: [1, null, { c: "d" }] } },
      nothing: null,
    },
    events: [
      { time: [1_790_000_000, 5], name: "cache.miss", attributes: { key: "k" } },
      { time: [1_790_000_000, 999_999_999], name: "empty", droppedAttributesCount: 3 },
    ],
    links: [
      {
        context: {
          traceId: "ffffffffffffffffffffffffffffffff",
          spanId: "1234567890abcdef",
          traceFlags: 0,
          traceState: createTraceState("ot=th:c,vendor=x"),
        },
        attributes: { reason: "batch" },
      },
    ],
  });
