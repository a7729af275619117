import type { Attributes, Context, Link, Span, SpanKind, TracerProvider } from "@opentelemetry/api";
import type { KeyVisibility } from "./operation-options.ts";
import { type Clock, systemClock } from "./ports.ts";

/** A sampling decision before there is a span. */
export interface HeadDecision {
  /** The span that stands for an unsampled operation, or `undefined` where a real one has to be started next. */
  decide(
    context: Context,
    name: string,
    kind: SpanKind | undefined,
    attributes: Attributes | undefined,
  ): Span | undefined;
}

/** Options of a {@link RequestTracer}. */
export interface RequestTracerOptions {
  /** Where spans come from. Default: the API's global provider, also when it is registered later. */
  readonly tracerProvider?: TracerProvider;
  /** Name of the tracer, the instrumentation scope of its spans. */
  readonly name?: string;
  readonly version?: string;
  /** How cache keys and uids appear on spans. */
  readonly keys?: KeyVisibility;
  /** Secret of the key hash; give all processes the same one to find a key across them. Default: random. */
  readonly hashSecret?: string | Uint8Array;
  /** Uses the attribute names of the Go design instead of `route.*`. */
  readonly legacyNames?: boolean;
  /** How many operation names `durations()` tells apart; 0 turns it off. */
  readonly maxOperations?: number;
  readonly clock?: Clock;
  /** Decides before a span is made, e.g. a `HeadSampler` that the provider has too: unsampled operations then cost no span. */
  readonly head?: HeadDecision;
}

/** What a {@link RequestTracer} does unless told otherwise. */
export const requestTracerDefaults: Required<
  Omit<RequestTracerOptions, "tracerProvider" | "version" | "hashSecret" | "head">
> = Object.freeze({
  name: "stateful-route",
  keys: "hash",
  legacyNames: false,
  maxOperations: 256,
  clock: systemClock,
});

/** Options of one traced operation. */
export interface TraceOptions {
  readonly attributes?: Attributes;
  readonly kind?: SpanKind;
  readonly links?: Link[];
  /** The context to run in; its span becomes the parent. Default: the active one. */
  readonly parent?: Context;
  /** Ends the span with an error at once when it aborts, while the operation goes on by itself. */
  readonly signal?: AbortSignal;
}
