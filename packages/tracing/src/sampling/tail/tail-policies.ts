import { type Clock, systemClock } from "../../ports.ts";
import { requireNumber } from "../../validation.ts";
import { type Matcher, matches } from "../rule-sampler.ts";
import { thresholdOf, traceIdPasses } from "../threshold.ts";
import { TokenBucket } from "../token-bucket.ts";
import type { TraceView } from "./trace-view.ts";

/** Votes on a finished trace. A trace is kept when a policy votes `keep` and none votes `drop`. */
export interface TailPolicy {
  readonly name: string;
  vote(trace: TraceView): "keep" | "drop" | undefined;
}

const keepWhen = (name: string, holds: (trace: TraceView) => boolean): TailPolicy => ({
  name,
  vote: (trace) => (holds(trace) ? "keep" : undefined),
});

/** Keeps traces with a span that failed. */
export const keepErrors = (): TailPolicy => keepWhen("errors", (trace) => trace.hasError);

/** Keeps traces that took at least `thresholdMs` in this process. */
export const keepSlow = (thresholdMs: number): TailPolicy => {
  requireNumber("thresholdMs", thresholdMs, 0);
  return keepWhen("slow", (trace) => trace.durationMs >= thresholdMs);
};

/** Keeps a share of traces, the same ones in every process: the vote depends on the trace id alone. */
export const keepRatio = (ratio: number): TailPolicy => {
  const threshold = thresholdOf(ratio);
  return keepWhen("ratio", (trace) => traceIdPasses(trace.traceId, threshold));
};

/** Keeps traces with a span whose attribute matches. */
export const keepAttribute = (key: string, matcher: Matcher): TailPolicy =>
  keepWhen(`attribute ${key}`, (trace) => trace.spans.some((span) => matches(matcher, span.attributes[key])));

/** Keeps traces with a span whose name matches. */
export const keepName = (matcher: Matcher): TailPolicy =>
  keepWhen("name", (trace) => trace.spans.some((span) => matches(matcher, span.name)));

/** Keeps traces until they hold more than `spansPerSecond` spans on average, with bursts of one second. */
export const keepRate = (spansPerSecond: number, clock: Clock = systemClock): TailPolicy => {
  requireNumber("spansPerSecond", spansPerSecond, 0);
  const bucket = new TokenBucket(spansPerSecond, spansPerSecond, clock());
  return keepWhen("rate", (trace) => bucket.take(clock(), trace.spans.length));
};

/** Keeps traces that all `policies` keep. A later policy is asked only where the earlier ones keep, so put a rate last. */
export const allOf = (...policies: readonly TailPolicy[]): TailPolicy =>
  keepWhen(`all of ${policies.map(({ name }) => name).join(", ")}`, (trace) =>
    policies.every((policy) => policy.vote(trace) === "keep"),
  );

/** Keeps traces that `policy` does not keep. */
export const not = (policy: TailPolicy): TailPolicy =>
  keepWhen(`not ${policy.name}`, (trace) => policy.vote(trace) !== "keep");

/** Drops traces that `policy` keeps, whatever the others say. */
export const dropIf = (policy: TailPolicy): TailPolicy => ({
  name: `drop if ${policy.name}`,
  vote: (trace) => (policy.vote(trace) === "keep" ? "drop" : undefined),
});

const slowMs = 1_000;
const restRatio = 0.1;

/** Every error, everything slower than a second, a tenth of the rest. */
export const defaultTailPolicies = (): TailPolicy[] => [keepErrors(), keepSlow(slowMs), keepRatio(restRatio)];
