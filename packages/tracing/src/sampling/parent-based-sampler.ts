import {
  type Attributes,
  type Context,
  isSpanContextValid,
  type Link,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type SpanKind,
  TraceFlags,
} from "@opentelemetry/api";
import { spanOf } from "../span-key.ts";
import { requireMethod } from "../validation.ts";

/** Options of a {@link ParentBasedSampler}. */
export interface ParentBasedSamplerOptions {
  /** Decides for spans without a parent. */
  readonly root: Sampler;
  /** Decides under a sampled parent in another process. Default: keep. */
  readonly remoteSampled?: Sampler;
  /** Decides under an unsampled parent in another process. Default: drop. */
  readonly remoteUnsampled?: Sampler;
}

const keep: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD_AND_SAMPLED });
const drop: SamplingResult = Object.freeze({ decision: SamplingDecision.NOT_RECORD });

/** Follows the decision of the parent span, so that a trace is kept or dropped as a whole. */
export class ParentBasedSampler implements Sampler {
  readonly #options: ParentBasedSamplerOptions;

  constructor(options: ParentBasedSamplerOptions) {
    requireMethod("root", options.root, "shouldSample");
    this.#options = options;
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const parent = spanOf(context)?.spanContext();
    if (parent === undefined || !isSpanContextValid(parent))
      return this.#options.root.shouldSample(context, traceId, name, kind, attributes, links);
    const sampled = (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
    const { remoteSampled, remoteUnsampled } = this.#options;
    const chosen = parent.isRemote ? (sampled ? remoteSampled : remoteUnsampled) : undefined;
    if (chosen) return chosen.shouldSample(context, traceId, name, kind, attributes, links);
    return sampled ? keep : drop;
  }

  toString(): string {
    return `ParentBasedSampler{${this.#options.root.toString()}}`;
  }
}
