import type { CollectorStatus } from "../collect/collectors.ts";
import type { History } from "../history/history.ts";
import type { Judgement } from "../rules/rule-set.ts";
import { type RuleSeverity, severities } from "../severity.ts";
import type { Comparison, MetricName, OptimizationSuggestion, PerformanceIssue } from "../types.ts";

/** Where one rule stands. */
export interface RuleStatus {
  readonly name: string;
  readonly severity: RuleSeverity;
  readonly metric: MetricName;
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly windowMs: number;
  /** `no-data` while the window holds fewer samples than the rule asks for. */
  readonly state: "no-data" | "inactive" | "pending" | "firing";
  /** The mean over the window, where it holds any sample. */
  readonly value?: number;
  readonly samples: number;
  readonly minSamples: number;
}

/** Over the whole history. A figure that no sample told is absent. The names are those of the original. */
export interface ReportStatistics {
  /** Milliseconds, weighted by traffic. */
  readonly average_response_time?: number;
  /** 0 to 1, weighted by traffic. */
  readonly average_error_rate?: number;
  /** 0 to 1, weighted by traffic. */
  readonly average_cache_hit_rate?: number;
  /** Samples in the history. */
  readonly total_metrics_count: number;
  /** From the oldest to the newest sample, in milliseconds. */
  readonly analysis_period: number;
}

/** Firing issues per severity, and the number of suggestions. */
export type ReportSummary = Readonly<Record<RuleSeverity | "suggestions", number>>;

/** What an analyzer knows at one moment. As JSON it follows `@route/analysis/report-schema.json`. */
export interface PerformanceReport {
  /** Changes when a reader of the old form would be misled. */
  readonly schemaVersion: 1;
  /** Unix milliseconds. */
  readonly timestampMs: number;
  /** The incidents that are on, worst severity first. */
  readonly issues: readonly PerformanceIssue[];
  /** The incidents that have ended, oldest first. */
  readonly resolved: readonly PerformanceIssue[];
  readonly suggestions: readonly OptimizationSuggestion[];
  readonly rules: readonly RuleStatus[];
  readonly collectors: readonly CollectorStatus[];
  readonly statistics: ReportStatistics;
  readonly summary: ReportSummary;
}

/** The status of a judged rule. */
export const ruleStatus = ({ rule, observed, state }: Judgement): RuleStatus => {
  const samples = observed?.samples ?? 0;
  return {
    name: rule.name,
    severity: rule.severity,
    metric: rule.metric,
    comparison: rule.comparison,
    threshold: rule.threshold,
    windowMs: rule.windowMs,
    state: samples < rule.minSamples ? "no-data" : state.phase,
    ...(observed && { value: observed.value }),
    samples,
    minSamples: rule.minSamples,
  };
};

const present = <Key extends string>(key: Key, value: number | undefined): { [K in Key]?: number } =>
  value === undefined ? {} : ({ [key]: value } as { [K in Key]: number });

/** The means of the history. */
export const statisticsOf = (history: History): ReportStatistics => {
  const mean = (metric: MetricName): number | undefined => history.mean(metric, 0, Number.POSITIVE_INFINITY)?.value;
  return {
    ...present("average_response_time", mean("responseTimeMs")),
    ...present("average_error_rate", mean("errorRate")),
    ...present("average_cache_hit_rate", mean("cacheHitRate")),
    total_metrics_count: history.size,
    analysis_period: history.periodMs,
  };
};

/** The counts of a report. */
export const summaryOf = (
  issues: readonly PerformanceIssue[],
  suggestions: readonly OptimizationSuggestion[],
): ReportSummary => {
  const count = (severity: RuleSeverity): number => issues.filter((issue) => issue.severity === severity).length;
  const [low, medium, high, critical] = severities;
  return {
    critical: count(critical),
    high: count(high),
    medium: count(medium),
    low: count(low),
    suggestions: suggestions.length,
  };
};
