import type { FinishedSpan } from "../types.ts";
import type { EncodedTraces } from "./encoded-traces.ts";
import { encodeTracesJson } from "./json-encoder.ts";
import { encodeTraces } from "./trace-encoder.ts";

/** A request body that can be cut in two when the receiver finds it too large. */
export interface OtlpRequest {
  readonly spanCount: number;
  readonly body: readonly Uint8Array[];
  split(): readonly [OtlpRequest, OtlpRequest] | undefined;
}

/** A request over spans that are already encoded. */
export const encodedRequest = (traces: EncodedTraces): OtlpRequest => ({
  spanCount: traces.spanCount,
  body: traces.parts,
  split: () => {
    const halves = traces.split();
    return halves && [encodedRequest(halves[0]), encodedRequest(halves[1])];
  },
});

/** A request over span objects. */
export const spansRequest = (spans: readonly FinishedSpan[], encoding: "protobuf" | "json"): OtlpRequest => ({
  spanCount: spans.length,
  body: [encoding === "json" ? Buffer.from(encodeTracesJson(spans)) : encodeTraces(spans)],
  split: () => {
    if (spans.length < 2) return undefined;
    const middle = spans.length >>> 1;
    return [spansRequest(spans.slice(0, middle), encoding), spansRequest(spans.slice(middle), encoding)];
  },
});
