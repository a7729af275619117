import type { RuleSeverity } from "./severity.ts";

/**
 * One sample: what a service measured since its last one. A figure left out means "no data", which is not zero: without
 * traffic there is no hit rate, and no rule fires for it.
 */
export interface PerformanceMetrics {
  /** Requests per second. It also weighs the figures of this sample that are averages over requests. */
  readonly requestRate?: number | undefined;
  /** Mean response time, in milliseconds. */
  readonly responseTimeMs?: number | undefined;
  /** Failed share of the requests, 0 to 1. */
  readonly errorRate?: number | undefined;
  /** Share of the cache look-ups that hit, 0 to 1. */
  readonly cacheHitRate?: number | undefined;
  /** Used share of the memory limit, 0 to 1. */
  readonly memoryUsage?: number | undefined;
  /** Used share of the CPU limit, 0 to 1. */
  readonly cpuUsage?: number | undefined;
  /** Open connections. */
  readonly connectionCount?: number | undefined;
  /** When it was taken, in Unix milliseconds. Default: the analyzer's clock. */
  readonly timestampMs?: number | undefined;
}

/** The name of one figure of a sample. */
export type MetricName = Exclude<keyof PerformanceMetrics, "timestampMs">;

/** The side of its threshold on which a figure violates a rule. A figure that equals the threshold does not. */
export type Comparison = "above" | "below";

/** What to do about a violated rule. */
export interface Advice {
  readonly suggestion: string;
  /** What the issue costs as long as it lasts. */
  readonly impact: string;
  /** What following the suggestion takes. */
  readonly effort: string;
  /** 1 (first) to 3 (last). */
  readonly priority: 1 | 2 | 3;
}

/** A rule: the mean of one metric over a window, held against a threshold. */
export interface PerformanceRule {
  /** Unique in its analyzer. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly metric: MetricName;
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly severity: RuleSeverity;
  /** Where a firing rule resolves; at or before the threshold, so that a figure swinging around it does not flap. Default: `threshold`. */
  readonly clearThreshold?: number | undefined;
  /** How long the rule must be violated without a break before it fires, in milliseconds. Default 0. */
  readonly forMs?: number | undefined;
  /** How far back samples count, in milliseconds. Default 60000. */
  readonly windowMs?: number | undefined;
  /** Samples with this metric that the window must hold; with fewer there is no verdict. Default 3. */
  readonly minSamples?: number | undefined;
  /** Default: the advice for this metric and comparison. */
  readonly advice?: Advice | undefined;
}

/** Why an issue was raised: the figure, what it was held against, and how much data stands behind it. */
export interface Evidence {
  readonly metric: MetricName;
  readonly comparison: Comparison;
  /** Mean over the window; averages over requests are weighted by `requestRate`. */
  readonly value: number;
  readonly threshold: number;
  /** Until the value has come back to here, the incident goes on. */
  readonly clearThreshold: number;
  readonly windowMs: number;
  readonly samples: number;
}

/** One incident of one rule, from the moment it fires. Incidents are told apart by `rule` and `timestampMs`. */
export interface PerformanceIssue {
  readonly rule: string;
  readonly description: string;
  readonly severity: RuleSeverity;
  readonly state: "firing" | "resolved";
  /** One sentence with the evidence in it. */
  readonly message: string;
  /** When the rule was first found violated, in Unix milliseconds. */
  readonly sinceMs: number;
  /** When the rule fired, in Unix milliseconds. */
  readonly timestampMs: number;
  /** As of the newest analysis in which it fired. */
  readonly evidence: Evidence;
  /** The value farthest beyond the threshold in this incident. */
  readonly worstValue: number;
  /** When it ended, in Unix milliseconds. */
  readonly resolvedAtMs?: number;
  /** Why it ended: the figure passed the clear threshold, or the window ran out of samples. */
  readonly resolvedBy?: "cleared" | "no-data";
}

/** What to do about one issue. */
export interface OptimizationSuggestion extends Advice {
  /** The rule whose issue this answers. */
  readonly rule: string;
  readonly severity: RuleSeverity;
  readonly evidence: Evidence;
}
