import {
  type Attributes,
  type Context,
  type Link,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type SpanKind,
  type TraceState,
} from "@opentelemetry/api";
import { spanOf } from "../span-key.ts";
import { otValue, withThreshold } from "./ot-trace-state.ts";
import { formatThreshold, parseRandomness, passes, type Threshold, thresholdOf, traceIdPasses } from "./threshold.ts";

/** Options of a {@link ConsistentProbabilitySampler}. */
export interface ConsistentProbabilitySamplerOptions {
  /** Share of traces that are kept, 0 to 1. */
  readonly ratio: number;
  /** Hexadecimal digits of the threshold, 1 to 14. Fewer make the tracestate shorter and the ratio coarser. */
  readonly precisionDigits?: number;
}

/** Keeps a fixed share of traces, the same ones in every process, and writes the share into `tracestate` (`ot=th`) so that counts can be scaled up. */
export class ConsistentProbabilitySampler implements Sampler {
  readonly #ratio: number;
  readonly #threshold: Threshold;
  readonly #thresholdText: string | undefined;
  readonly #keep: SamplingResult;
  readonly #drop: SamplingResult;

  constructor({ ratio, precisionDigits }: ConsistentProbabilitySamplerOptions) {
    this.#ratio = ratio;
    this.#threshold = thresholdOf(ratio, precisionDigits);
    this.#thresholdText = formatThreshold(this.#threshold);
    const traceState = withThreshold(undefined, this.#thresholdText);
    this.#keep = Object.freeze({ decision: SamplingDecision.RECORD_AND_SAMPLED, ...(traceState && { traceState }) });
    this.#drop = Object.freeze({ decision: SamplingDecision.NOT_RECORD });
  }

  shouldSample(
    context: Context,
    traceId: string,
    _name?: string,
    _kind?: SpanKind,
    _attributes?: Attributes,
    _links?: Link[],
  ): SamplingResult {
    const state = spanOf(context)?.spanContext().traceState;
    if (state === undefined) return traceIdPasses(traceId, this.#threshold) ? this.#keep : this.#drop;
    return this.#withState(traceId, state);
  }

  toString(): string {
    return `ConsistentProbabilitySampler{${this.#ratio}}`;
  }

  #withState(traceId: string, state: TraceState): SamplingResult {
    const explicit = parseRandomness(otValue(state, "rv") ?? "");
    const kept = explicit ? passes(explicit, this.#threshold) : traceIdPasses(traceId, this.#threshold);
    const traceState = withThreshold(state, kept ? this.#thresholdText : undefined);
    return { decision: kept ? this.#keep.decision : this.#drop.decision, ...(traceState && { traceState }) };
  }
}
