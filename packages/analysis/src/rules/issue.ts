import { inSeconds, rounded } from "../text.ts";
import type { Evidence, PerformanceIssue } from "../types.ts";
import type { CompleteRule } from "./rule.ts";
import type { FiringState } from "./rule-state.ts";

/** The figure and its limit, e.g. `errorRate averaged 0.12 over 60 s (12 samples); fires above 0.1, clears at 0.05`. */
const sentence = ({ metric, comparison, value, threshold, clearThreshold, windowMs, samples }: Evidence): string =>
  `${metric} averaged ${rounded(value)} over ${inSeconds(windowMs)} ` +
  `(${samples} ${samples === 1 ? "sample" : "samples"}); fires ${comparison} ${rounded(threshold)}` +
  (clearThreshold === threshold ? "" : `, clears at ${rounded(clearThreshold)}`);

/** The incident of a firing rule. */
export const firingIssue = (rule: CompleteRule, state: FiringState): PerformanceIssue => {
  const { metric, comparison, threshold, clearThreshold, windowMs } = rule;
  const evidence = Object.freeze({ metric, comparison, ...state.figure, threshold, clearThreshold, windowMs });
  return Object.freeze({
    rule: rule.name,
    description: rule.description,
    severity: rule.severity,
    state: "firing",
    message: `${rule.name}: ${sentence(evidence)}`,
    sinceMs: state.sinceMs,
    timestampMs: state.firedAtMs,
    evidence,
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
