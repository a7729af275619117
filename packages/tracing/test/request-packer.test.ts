import { SpanBatch } from "@route/tracing/otlp";
import { expect, it } from "vitest";
import { RequestPacker } from "../src/otlp/request-packer.ts";
import { finishedSpan } from "./_spans.ts";

it.each([
  ["gzip", 1],
  ["gzip", 1_000_000],
  ["zstd", 1],
] as const)(
  "a request that waits, packed with %s from %d bytes on, keeps no memory but its own",
  async (compression, minCompressBytes) => {
    const batch = new SpanBatch();
    for (let index = 0; index < 100; index++) batch.append(finishedSpan());
    const packer = new RequestPacker({ compression, compressionLevel: 1, minCompressBytes });
    const traces = batch.frame();
    const original = Buffer.concat(traces.parts);
    const { body, sizeBytes, unpack } = await packer.pack(traces);
    const shared = new Set(traces.parts.map(({ buffer }) => buffer));
    for (const part of body) expect(shared.has(part.buffer)).toBe(false);
    expect(body.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)).toBe(sizeBytes);
    expect(Buffer.concat((await unpack()).parts)).toEqual(original);
  },
);
