import type { OperationStatistics } from "./operation-record.ts";
import type { PerformanceSnapshot } from "./snapshot.ts";

/** One thing to improve, with the evidence for it. */
export interface Suggestion {
  /** The name of the rule that found it. */
  readonly rule: string;
  /** What is meant, e.g. the operation `linkIfAbsent`. */
  readonly subject: string;
  /** What was measured, in the unit of `threshold`. */
  readonly value: number;
  /** What it should not pass. */
  readonly threshold: number;
  readonly unit: "ratio" | "ms";
  /** How many measurements `value` rests on. */
  readonly samples: number;
  /** What to do. */
  readonly suggestion: string;
}

/** Judges a snapshot. */
export interface OptimizationRule {
  readonly name: string;
  evaluate(snapshot: PerformanceSnapshot): Suggestion[];
}

/** With fewer measurements nothing is said: one error in three calls is no rate. */
const leastSamples = 100;

/** By error code; the other codes speak for themselves. */
const advice: Readonly<Record<string, string>> = {
  TIMEOUT: "look at the server's latency and SLOWLOG before raising timeoutMs",
  OVERLOADED: "shed load earlier, or raise maxPending if the server has room",
  UNAVAILABLE: "check that the server is reachable and not restarting",
  READ_ONLY: "point the client at the master",
};

const mostFrequent = ({ errorTypes }: OperationStatistics): string =>
  Object.entries(errorTypes).reduce((most, each) => (each[1] > most[1] ? each : most), ["", 0] as const)[0];

const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

/** Suggests something for each operation of which more than `threshold` of the calls fail. */
export const errorRatioRule = (threshold = 0.01): OptimizationRule => ({
  name: "error-ratio",
  evaluate: ({ operations }) =>
    operations
      .filter(({ count, errors }) => count >= leastSamples && errors / count > threshold)
      .map((each) => {
        const type = mostFrequent(each);
        const { operation: subject, count: samples, errors } = each;
        const value = errors / samples;
        const share = `${percent(value)} of the ${samples} calls of ${subject} fail, most with ${type}`;
        const suggestion = advice[type] ? `${share}: ${advice[type]}` : share;
        return { rule: "error-ratio", subject, value, threshold, unit: "ratio", samples, suggestion };
      }),
});

/** Suggests something for each operation whose slowest hundredth takes longer than `thresholdMs`. */
export const slowOperationRule = (thresholdMs = 50): OptimizationRule => ({
  name: "slow-operation",
  evaluate: ({ operations }) =>
    operations
      .filter(({ count, p99Ms }) => count >= leastSamples && p99Ms > thresholdMs)
      .map(({ operation: subject, count: samples, p50Ms, p99Ms: value }) => {
        // Slow in the middle as well: every call pays. Slow at the end only: some wait behind something.
        const cause =
          p50Ms > thresholdMs
            ? "half of the calls are slow too: check the distance to the server and its load"
            : "most calls are fast: look for event loop stalls, fsync pauses or long scripts";
        const suggestion = `p99 of ${subject} is ${value.toFixed(1)} ms at a median of ${p50Ms.toFixed(1)} ms; ${cause}`;
        return { rule: "slow-operation", subject, value, threshold: thresholdMs, unit: "ms", samples, suggestion };
      }),
});

/** Suggests a larger or longer-lived near cache when it answers less than `threshold` of the requests. */
export const nearCacheRule = (threshold = 0.8): OptimizationRule => ({
  name: "near-cache",
  evaluate: ({ readings: { nearCache } }) =>
    belowRatio("near-cache", nearCache, threshold, (value, samples) => {
      const asked = `the near cache answers ${percent(value)} of ${samples} requests`;
      return `${asked}: raise hintMaxAgeMs, or give the router a nearCache with room for more uids`;
    }),
});

/** Suggests loading the scripts ahead when the server knows less than `threshold` of those that are run. */
export const scriptCacheRule = (threshold = 0.8): OptimizationRule => ({
  name: "script-cache",
  evaluate: ({ readings: { scriptCache } }) =>
    belowRatio("script-cache", scriptCache, threshold, (value, samples) => {
      const known = `the server knew ${percent(value)} of ${samples} scripts by digest`;
      return `${known}: load them ahead, and look for SCRIPT FLUSH or frequent failovers`;
    }),
});

/** Suggests relief when more than `threshold` of the calls that may wait did wait at once. */
export const pendingCallsRule = (threshold = 0.8): OptimizationRule => ({
  name: "pending-calls",
  evaluate: ({ readings: { pendingCalls } }) => {
    if (!pendingCalls || pendingCalls.peak <= pendingCalls.limit * threshold) return [];
    const { peak, limit } = pendingCalls;
    const suggestion = `${peak} of at most ${limit} calls waited at once: above the limit calls fail with OVERLOADED`;
    const facts = { value: peak / limit, threshold, unit: "ratio", samples: peak } as const;
    return [{ rule: "pending-calls", subject: "maxPending", ...facts, suggestion }];
  },
});

const belowRatio = (
  rule: string,
  reading: { readonly hits: number; readonly misses: number } | undefined,
  threshold: number,
  describe: (value: number, samples: number) => string,
): Suggestion[] => {
  const samples = reading ? reading.hits + reading.misses : 0;
  if (!reading || samples < leastSamples || reading.hits / samples >= threshold) return [];
  const value = reading.hits / samples;
  return [{ rule, subject: rule, value, threshold, unit: "ratio", samples, suggestion: describe(value, samples) }];
};

/** All rules of this file with their default thresholds. */
export const defaultRules: readonly OptimizationRule[] = Object.freeze([
  errorRatioRule(),
  slowOperationRule(),
  nearCacheRule(),
  scriptCacheRule(),
  pendingCallsRule(),
]);
