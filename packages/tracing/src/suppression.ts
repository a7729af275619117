import { type Context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";

/** The key under which every OpenTelemetry SDK looks for suppression; equal in all copies because it is a registered symbol. */
const suppressed = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** A context in which no instrumentation makes spans: exporters run in it, so that their traffic is never traced. */
export const suppressedContext: Context = ROOT_CONTEXT.setValue(suppressed, true);
