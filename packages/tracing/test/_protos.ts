import { readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";

const { root } = protobuf.parse(readFileSync(join(import.meta.dirname, "otlp-trace.proto"), "utf8"));
const requestType = root.lookupType("otlp.ExportTraceServiceRequest");
const responseType = root.lookupType("otlp.ExportTraceServiceResponse");

export interface DecodedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly traceState: string;
  readonly flags: number;
  readonly status: { readonly code: number; readonly message: string };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly links: readonly { readonly traceId: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
}

/** A decoded message before its shape is checked by the assertions. */
// biome-ignore lint/suspicious/noExplicitAny: the generic decoder has no static types
type Raw = Record<string, any>;
interface RawValue {
  readonly value?: string;
  readonly [key: string]: unknown;
}
interface RawKeyValue {
  readonly key: string;
  readonly value: RawValue;
}

const plainValue = (raw: RawValue | undefined): unknown => {
  if (raw === undefined) return undefined;
  switch (raw.value) {
    case "arrayValue":
      return (raw["arrayValue"] as { values: RawValue[] }).values.map(plainValue);
    case "kvlistValue":
      return plainAttributes((raw["kvlistValue"] as { values: RawKeyValue[] }).values);
    case "intValue":
      return Number(raw["intValue"]);
    case undefined:
      return undefined;
    default:
      return raw[raw.value];
  }
};
const plainAttributes = (pairs: readonly RawKeyValue[]): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, plainValue(value)]));

const hex = (bytes: string): string => Buffer.from(bytes, "base64").toString("hex");

/** Decodes a request with protobufjs, a decoder that shares nothing with ours. */
export const decodeTraces = (body: Uint8Array): DecodedSpan[] => {
  const request = requestType.toObject(requestType.decode(body), {
    longs: String,
    bytes: String,
    defaults: true,
    oneofs: true,
  }) as { resourceSpans: Raw[] };
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }: Raw) =>
      spans.map((span: Raw) => ({
        ...span,
        traceId: hex(span["traceId"]),
        spanId: hex(span["spanId"]),
        parentSpanId: hex(span["parentSpanId"]),
        attributes: plainAttributes(span["attributes"]),
        events: span["events"].map((event: Raw) => ({
          ...event,
          attributes: plainAttributes(event["attributes"]),
        })),
        links: span["links"].map((link: Raw) => ({
          ...link,
          traceId: hex(link["traceId"]),
          attributes: plainAttributes(link["attributes"]),
        })),
        resource: plainAttributes(resource["attributes"]),
        scope: scope["name"],
      })),
    ),
  );
};

/** A partial success as a receiver sends it. */
export const partialSuccess = (rejectedSpans: number, errorMessage: string): Uint8Array =>
  responseType.encode(responseType.fromObject({ partialSuccess: { rejectedSpans, errorMessage } })).finish();
