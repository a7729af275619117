import { worstFirst } from "../severity.ts";
import type { Advice, Comparison, MetricName, OptimizationSuggestion, PerformanceIssue } from "../types.ts";

const advices: Readonly<Partial<Record<`${MetricName} ${Comparison}`, Advice>>> = {
  "responseTimeMs above": {
    suggestion: "Optimize slow queries, add caching, or scale horizontally",
    impact: "High - users wait",
    effort: "Medium - code review and optimization",
    priority: 1,
  },
  "errorRate above": {
    suggestion: "Read the error logs, check the health of the system, and put circuit breakers before what fails",
    impact: "Critical - requests fail",
    effort: "High - debugging and fixes",
    priority: 1,
  },
  "cacheHitRate below": {
    suggestion: "Review the cache keys, enlarge the cache, or change its strategy",
    impact: "Medium - every miss costs a slower read",
    effort: "Low - configuration",
    priority: 2,
  },
  "memoryUsage above": {
    suggestion: "Look for memory leaks, slim the data structures, or raise the memory limit",
    impact: "High - the process may be killed",
    effort: "Medium - investigation and optimization",
    priority: 1,
  },
};

const generalAdvice: Advice = {
  suggestion: "Review what changed in this figure and whether its threshold is right",
  impact: "Medium - the service runs outside the range set for it",
  effort: "Medium - investigation",
  priority: 3,
};

/** One suggestion per issue: by priority, then the worst severity first. `adviceOf` is the rule's own advice, where it has one. */
export const suggest = (
  issues: readonly PerformanceIssue[],
  adviceOf: (rule: string) => Advice | undefined,
): OptimizationSuggestion[] =>
  issues
    .map(({ rule, severity, evidence }) => {
      const advice = adviceOf(rule) ?? advices[`${evidence.metric} ${evidence.comparison}`] ?? generalAdvice;
      return { rule, severity, evidence, ...advice };
    })
    .sort((a, b) => a.priority - b.priority || worstFirst(a, b));
