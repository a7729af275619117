import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { encodeTraces } from "@route/tracing/otlp";
import type { BenchRow } from "../../../tools/bench.ts";
import { interleaved, ratio } from "./_harness.ts";
import { sdkSpans } from "./_spans.ts";

export const bench = (): BenchRow[] => {
  const spans = sdkSpans(512);
  const official = (): Uint8Array => ProtobufTraceSerializer.serializeRequest(spans)!;
  const ours = (): Uint8Array => encodeTraces(spans);
  const identical = Buffer.from(official()).equals(ours());
  const plain = interleaved({ official, ours }, 1);
  const zstd1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
  const packed = interleaved(
    { official: () => gzipSync(official(), { level: 6 }), ours: () => zstdCompressSync(ours(), zstd1) },
    1,
  );
  const gain = plain.official / plain.ours;
  const packedGain = packed.official / packed.ours;
  const detail = `${plain.official.toFixed(0)} / ${plain.ours.toFixed(0)} us, ${official().length} bytes`;
  return [
    {
      case: "encode 512 spans (8 attributes, 2 events), byte-identical to otlp-transformer",
      measured: `${ratio(gain)} (${detail}, ${identical ? "identical" : "DIFFERENT"})`,
      target: ">= 3.5x",
      met: identical && gain >= 3.5,
    },
    {
      case: "encode + compress (zstd 1 against gzip 6)",
      measured: `${ratio(packedGain)} (${packed.official.toFixed(0)} / ${packed.ours.toFixed(0)} us)`,
      target: ">= 3.5x",
      met: packedGain >= 3.5,
    },
  ];
};
