import {
  type Attributes,
  type Context,
  type Link,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type SpanKind,
} from "@opentelemetry/api";

/** Records every span and marks as sampled only those of the inner sampler: what a tail sampler needs to see whole traces. */
export class RecordAllSampler implements Sampler {
  readonly #sampler: Sampler | undefined;

  /** Without a sampler no span is marked, and the tail sampler alone decides. */
  constructor(sampler?: Sampler) {
    this.#sampler = sampler;
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const result = this.#sampler?.shouldSample(context, traceId, name, kind, attributes, links);
    if (result === undefined) return recordOnly;
    return result.decision === SamplingDecision.NOT_RECORD ? { ...result, ...recordOnly } : result;
  }

  toString(): string {
    return `RecordAllSampler{${this.#sampler?.toString() ?? ""}}`;
  }
}

const recordOnly: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD });
