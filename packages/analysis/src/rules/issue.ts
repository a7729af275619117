import { inSeconds, rounded } from "../text.ts";
import type { PerformanceIssue } from "../types.ts";
import type { CompleteRule } from "./rule.ts";
import type { FiringState } from "./rule-state.ts";

/** The incident of a firing rule. */
export const firingIssue = (rule: CompleteRule, state: FiringState): PerformanceIssue => {
  const { metric, comparison, threshold, windowMs } = rule;
  const { value, samples } = state.figure;
  return Object.freeze({
    rule: rule.name,
    description: rule.description,
    severity: rule.severity,
    state: "firing",
    message:
      `${rule.name}: ${metric} averaged ${rounded(value)} over ${inSeconds(windowMs)}, ` +
      `${comparison} ${rounded(threshold)} (${samples} ${samples === 1 ? "sample" : "samples"})`,
    sinceMs: state.sinceMs,
    timestampMs: state.firedAtMs,
    evidence: Object.freeze({ metric, comparison, value, threshold, windowMs, samples }),
    worstValue: state.worstValue,
  });
};

/** The same incident when it has ended. */
export const resolvedIssue = (
  rule: CompleteRule,
  state: FiringState,
  nowMs: number,
  resolvedBy: "cleared" | "no-data",
): PerformanceIssue =>
  Object.freeze({ ...firingIssue(rule, state), state: "resolved", resolvedAtMs: nowMs, resolvedBy });
