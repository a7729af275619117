import {
  type Attributes,
  type Context,
  type Link,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type SpanKind,
} from "@opentelemetry/api";
import { metricNames } from "../metric-names.ts";
import { type Clock, type MetricsPort, systemClock } from "../ports.ts";
import { spanOf } from "../span-key.ts";
import { requireInteger, requireNumber } from "../validation.ts";
import { fairShares } from "./fair-shares.ts";
import { withThreshold } from "./ot-trace-state.ts";
import { newGroup, type SpanGroup, setRatio } from "./span-group.ts";
import { formatThreshold, traceIdPasses } from "./threshold.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Options of an {@link AdaptiveSampler}: one of the two targets, and how it is followed. */
export interface AdaptiveSamplerOptions {
  /** Spans to keep per second, over all keys. May be a fraction, or 0. */
  readonly targetPerSecond?: number;
  /** Share of spans to keep, as the seed design has it: the ratio moves by a tenth per window while the kept share is a tenth off. */
  readonly targetRatio?: number;
  /** Groups spans whose rates are followed apart, e.g. by route. Default: one group. */
  readonly key?: (name: string, kind: SpanKind, attributes: Attributes) => string;
  /** Groups at most; further keys share one. */
  readonly maxKeys?: number;
  /** How often the ratio is adjusted. Default: 1,000 for a rate, 60,000 for a ratio. */
  readonly windowMs?: number;
  /** Weight of the newest window in the average rate. */
  readonly newestWeight?: number;
  readonly clock?: Clock;
  readonly metrics?: MetricsPort;
}

/** 500 keys, windows of a second, half of the weight on the newest. */
export const adaptiveSamplerDefaults: Required<
  Pick<AdaptiveSamplerOptions, "maxKeys" | "newestWeight" | "clock"> & { windowMs: number }
> = Object.freeze({ maxKeys: 500, newestWeight: 0.5, windowMs: 1_000, clock: systemClock });

/** Bounds and step of the seed design's ratio. */
const ratioWindowMs = 60_000;
const minRatio = 0.01;
const tolerance = 0.1;
const step = 0.1;
/** A key whose rate fell below this is forgotten. */
const quietPerSecond = 1e-3;
/** Spans that may come at once below that many per second: random gaps between the rare ones would otherwise cost half of them. */
const minBurst = 3;
const sharedKey = "";

const drop: SamplingResult = Object.freeze({ decision: SamplingDecision.NOT_RECORD });

/**
 * Keeps a steady number of spans per second whatever the load: a moving average of each group's rate sets its ratio once per
 * window, and a token bucket bounds what a sudden burst can take before that. Decides by trace id, so that all processes
 * with the same ratio agree. Wrap it in {@link ParentBasedSampler}: it is meant for the first span of a trace.
 */
export class AdaptiveSampler implements Sampler {
  readonly #options: Required<Omit<AdaptiveSamplerOptions, "targetPerSecond" | "targetRatio" | "key" | "metrics">>;
  readonly #key: AdaptiveSamplerOptions["key"];
  readonly #metrics: MetricsPort | undefined;
  readonly #targetPerSecond: number | undefined;
  readonly #targetRatio: number;
  readonly #bucket: TokenBucket | undefined;
  readonly #groups = new Map<string, SpanGroup>();
  #ratio: number;
  #windowStart: number;

  constructor(options: AdaptiveSamplerOptions) {
    const { targetPerSecond, targetRatio } = options;
    if ((targetPerSecond === undefined) === (targetRatio === undefined))
      throw new TypeError(`Give either targetPerSecond or targetRatio, got ${targetPerSecond} and ${targetRatio}`);
    const windowMs = targetRatio === undefined ? adaptiveSamplerDefaults.windowMs : ratioWindowMs;
    this.#options = { ...adaptiveSamplerDefaults, windowMs, ...options };
    requireNumber("windowMs", this.#options.windowMs, 1);
    requireInteger("maxKeys", this.#options.maxKeys, 1);
    requireNumber("newestWeight", this.#options.newestWeight, Number.MIN_VALUE, 1);
    this.#key = options.key;
    this.#metrics = options.metrics;
    this.#targetPerSecond =
      targetPerSecond === undefined ? undefined : requireNumber("targetPerSecond", targetPerSecond, 0);
    this.#targetRatio = requireNumber("targetRatio", targetRatio ?? 1, 0, 1);
    this.#ratio = this.#targetRatio;
    this.#windowStart = this.#options.clock();
    // One second's worth: no second then passes twice the target.
    if (targetPerSecond !== undefined && targetPerSecond > 0)
      this.#bucket = new TokenBucket(targetPerSecond, Math.max(minBurst, targetPerSecond), this.#windowStart);
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    _links?: Link[],
  ): SamplingResult {
    const now = this.#options.clock();
    if (now - this.#windowStart >= this.#options.windowMs) this.#adjust(now);
    const group = this.#groupOf(this.#key ? this.#key(name, kind, attributes) : sharedKey);
    group.seen++;
    if (this.#targetPerSecond === 0 || !traceIdPasses(traceId, group.threshold)) return drop;
    if (this.#bucket && !this.#bucket.take(now)) {
      this.#tighten(group, now);
      return drop;
    }
    group.kept++;
    const state = spanOf(context)?.spanContext().traceState;
    if (state === undefined) return group.keep;
    const traceState = withThreshold(state, formatThreshold(group.threshold));
    return { decision: SamplingDecision.RECORD_AND_SAMPLED, ...(traceState && { traceState }) };
  }

  toString(): string {
    const target = this.#targetPerSecond === undefined ? `${this.#targetRatio}` : `${this.#targetPerSecond}/s`;
    return `AdaptiveSampler{${target}}`;
  }

  #groupOf(key: string): SpanGroup {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const name = this.#groups.size < this.#options.maxKeys ? key : sharedKey;
    const group = this.#groups.get(name) ?? newGroup(this.#ratio);
    this.#groups.set(name, group);
    return group;
  }

  #adjust(now: number): void {
    const windows = (now - this.#windowStart) / this.#options.windowMs;
    this.#windowStart = now;
    if (this.#targetPerSecond === undefined) this.#followRatio();
    else this.#followRate(this.#targetPerSecond, windows);
    for (const group of this.#groups.values()) {
      group.seen = 0;
      group.kept = 0;
    }
  }

  #followRate(target: number, windows: number): void {
    const { newestWeight, windowMs } = this.#options;
    const seconds = (windows * windowMs) / 1_000;
    // Windows without a decision were skipped: the average forgets as if each had been seen.
    const weight = 1 - (1 - newestWeight) ** windows;
    for (const [key, group] of this.#groups) {
      const rate = group.seen / seconds;
      group.perSecond = group.perSecond === undefined ? rate : group.perSecond + weight * (rate - group.perSecond);
      if (group.perSecond < quietPerSecond) this.#groups.delete(key);
    }
    const groups = [...this.#groups.values()];
    const rates = groups.map(({ perSecond }) => perSecond!);
    const shares = fairShares(rates, target);
    for (const [index, group] of groups.entries()) setRatio(group, Math.min(1, shares[index]! / rates[index]!));
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    this.#metrics?.gauge(metricNames.samplerRate, total > 0 ? Math.min(1, target / total) : 1);
  }

  #followRatio(): void {
    let seen = 0;
    let kept = 0;
    for (const group of this.#groups.values()) {
      seen += group.seen;
      kept += group.kept;
    }
    if (seen === 0) return;
    const share = kept / seen;
    if (share > this.#targetRatio * (1 + tolerance)) this.#ratio *= 1 - step;
    else if (share < this.#targetRatio * (1 - tolerance)) this.#ratio *= 1 + step;
    this.#ratio = Math.min(1, Math.max(Math.min(minRatio, this.#targetRatio), this.#ratio));
    for (const group of this.#groups.values()) setRatio(group, this.#ratio);
    this.#metrics?.gauge(metricNames.samplerRate, this.#ratio);
  }

  /** A burst has emptied the bucket in the middle of a window: the ratio follows at once, so that the window's other decisions are consistent again. */
  #tighten(group: SpanGroup, now: number): void {
    const seconds = Math.max(1, now - this.#windowStart) / 1_000;
    const ratio = this.#targetPerSecond! / (group.seen / seconds);
    if (ratio < 1) setRatio(group, ratio);
  }
}
