import {
  type Attributes,
  type Context,
  isSpanContextValid,
  type Link,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type Span,
  type SpanContext,
  SpanKind,
  TraceFlags,
} from "@opentelemetry/api";
import { spanOf } from "../span-key.ts";
import { UnsampledSpan } from "../unsampled-span.ts";
import { requireMethod } from "../validation.ts";
import { FastIdGenerator } from "./fast-id-generator.ts";

/** Makes trace and span ids, as the SDK's option `idGenerator` takes them. */
export interface IdSource {
  generateTraceId(): string;
  generateSpanId(): string;
}

/** Options of a {@link HeadSampler}. */
export interface HeadSamplerOptions {
  readonly sampler: Sampler;
  /** Default: {@link FastIdGenerator}. */
  readonly ids?: IdSource;
}

const noAttributes: Attributes = Object.freeze({});
const noLinks: Link[] = [];

const isUnsampled = ({ traceFlags }: SpanContext): boolean => (traceFlags & TraceFlags.SAMPLED) === 0;

/**
 * Decides before a span is made. Give one instance to the SDK as `sampler` and as `idGenerator`, and to `RequestTracer` as
 * `head`: an unsampled request then costs a decision and two ids instead of a span, and a sampled one is decided once.
 */
export class HeadSampler implements Sampler, IdSource {
  readonly #sampler: Sampler;
  readonly #ids: IdSource;
  #decided: { readonly traceId: string; readonly result: SamplingResult } | undefined;

  constructor({ sampler, ids }: HeadSamplerOptions) {
    this.#sampler = requireMethod("sampler", sampler, "shouldSample");
    this.#ids = ids ?? new FastIdGenerator();
  }

  /** The span that stands for an unsampled operation, or `undefined` where a real one has to be started next. */
  decide(
    context: Context,
    name: string,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes?: Attributes,
  ): Span | undefined {
    const parent = spanOf(context);
    const parentContext = parent?.spanContext();
    const hasParent = parentContext !== undefined && isSpanContextValid(parentContext);
    const traceId = hasParent ? parentContext.traceId : this.#ids.generateTraceId();
    const result = this.#sampler.shouldSample(context, traceId, name, kind, attributes ?? noAttributes, noLinks);
    if (result.decision !== SamplingDecision.NOT_RECORD) {
      this.#decided = { traceId, result };
      return undefined;
    }
    const traceState = result.traceState ?? parentContext?.traceState;
    // An unsampled parent already is what would be made here.
    if (hasParent && !parent!.isRecording() && isUnsampled(parentContext) && traceState === parentContext.traceState)
      return parent;
    // The other flags of the parent, such as the random one, stay.
    const traceFlags = (parentContext?.traceFlags ?? 0) & ~TraceFlags.SAMPLED;
    return new UnsampledSpan(context, { traceId, traceFlags, traceState, ids: this.#ids });
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const decided = this.#decided;
    this.#decided = undefined;
    if (decided?.traceId === traceId) return decided.result;
    return this.#sampler.shouldSample(context, traceId, name, kind, attributes, links);
  }

  generateTraceId(): string {
    return this.#decided?.traceId ?? this.#ids.generateTraceId();
  }

  generateSpanId(): string {
    return this.#ids.generateSpanId();
  }

  toString(): string {
    return `HeadSampler{${this.#sampler.toString()}}`;
  }
}
