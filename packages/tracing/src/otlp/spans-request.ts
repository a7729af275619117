import type { FinishedSpan } from "../types.ts";
import type { EncodedTraces } from "./encoded-traces.ts";
import { encodeTracesJson } from "./json-encoder.ts";
import { encodeTraces } from "./trace-encoder.ts";

/** A request over span objects, which are encoded now. */
export const spansRequest = (spans: readonly FinishedSpan[], encoding: "protobuf" | "json"): EncodedTraces => {
  const body = encoding === "json" ? Buffer.from(encodeTracesJson(spans)) : encodeTraces(spans);
  return request(spans, encoding, body);
};

const request = (spans: readonly FinishedSpan[], encoding: "protobuf" | "json", body: Uint8Array): EncodedTraces => ({
  spanCount: spans.length,
  sizeBytes: body.length,
  parts: [body],
  split: () => {
    if (spans.length < 2) return undefined;
    const middle = spans.length >>> 1;
    return [spansRequest(spans.slice(0, middle), encoding), spansRequest(spans.slice(middle), encoding)];
  },
  detach: () => restoring(spans, encoding),
});

const restoring =
  (spans: readonly FinishedSpan[], encoding: "protobuf" | "json") =>
  (copy: Uint8Array): EncodedTraces =>
    request(spans, encoding, copy);
