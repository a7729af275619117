import type { PerformanceRule } from "../types.ts";
import { checkKeys } from "../validate.ts";

/** The thresholds of the default rules, and what they share. */
export interface DefaultRulesOptions {
  /** "High Response Time", medium. Default 1000. */
  readonly responseTimeMs?: number | undefined;
  /** "High Error Rate", high. Default 0.05. */
  readonly errorRate?: number | undefined;
  /** "Low Cache Hit Rate", medium. Default 0.8. */
  readonly cacheHitRate?: number | undefined;
  /** "High Memory Usage", high. Default 0.9. */
  readonly memoryUsage?: number | undefined;
  /** `forMs` of all four. */
  readonly forMs?: number | undefined;
  /** `windowMs` of all four. */
  readonly windowMs?: number | undefined;
  /** `minSamples` of all four. */
  readonly minSamples?: number | undefined;
}

const optionNames = [
  "responseTimeMs",
  "errorRate",
  "cacheHitRate",
  "memoryUsage",
  "forMs",
  "windowMs",
  "minSamples",
] as const satisfies readonly (keyof DefaultRulesOptions)[];

/** The four rules an analyzer starts with. Their values are checked when an analyzer takes them. */
export const defaultRules = (options: DefaultRulesOptions = {}): readonly PerformanceRule[] => {
  checkKeys("defaultRules options", options, optionNames);
  const { responseTimeMs = 1000, errorRate = 0.05, cacheHitRate = 0.8, memoryUsage = 0.9, ...shared } = options;
  return [
    {
      name: "High Response Time",
      description: "Response time exceeds threshold",
      metric: "responseTimeMs",
      comparison: "above",
      threshold: responseTimeMs,
      severity: "medium",
      ...shared,
    },
    {
      name: "High Error Rate",
      description: "Error rate exceeds threshold",
      metric: "errorRate",
      comparison: "above",
      threshold: errorRate,
      severity: "high",
      ...shared,
    },
    {
      name: "Low Cache Hit Rate",
      description: "Cache hit rate below threshold",
      metric: "cacheHitRate",
      comparison: "below",
      threshold: cacheHitRate,
      severity: "medium",
      ...shared,
    },
    {
      name: "High Memory Usage",
      description: "Memory usage exceeds threshold",
      metric: "memoryUsage",
      comparison: "above",
      threshold: memoryUsage,
      severity: "high",
      ...shared,
    },
  ];
};
