import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { attributeNames } from "./attributes.ts";

/** A thrown value as text and type; anything can be thrown, also objects whose properties throw. */
export interface ThrownDescription {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
}

/** Describes whatever was thrown. Never throws. */
export const describeThrown = (thrown: unknown): ThrownDescription => {
  try {
    if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) };
    const { name, message, stack, cause } = thrown;
    const code = (thrown as { code?: unknown }).code;
    const because = cause === undefined ? "" : `: ${cause instanceof Error ? cause.message : String(cause)}`;
    const type = typeof code === "string" && code !== "" ? code : name || "Error";
    return { type, message: `${message}${because}`, ...(typeof stack === "string" && { stack }) };
  } catch {
    return { type: "unknown", message: "The thrown value cannot be read" };
  }
};

/** Records a thrown value on `span`: exception event, `error.type`, status ERROR. Does nothing on a span that is not recording. */
export const recordThrown = (span: Span, thrown: unknown): void => {
  if (!span.isRecording()) return;
  const { type, message, stack } = describeThrown(thrown);
  span.recordException({ name: type, message, ...(stack !== undefined && { stack }) });
  span.setAttribute(attributeNames.errorType, type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
};
