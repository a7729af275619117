import type { Figure } from "../history/history.ts";
import type { CompleteRule } from "./rule.ts";

/** Where a rule stands between two analyses. The words and transitions are those of Prometheus' alerting rules. */
export type RuleState =
  | { readonly phase: "inactive" }
  | { readonly phase: "pending"; readonly sinceMs: number }
  | FiringState;

/** A rule in an incident. */
export interface FiringState {
  readonly phase: "firing";
  /** When the rule was first found violated. */
  readonly sinceMs: number;
  readonly firedAtMs: number;
  /** The figure of the newest analysis. */
  readonly figure: Figure;
  readonly worstValue: number;
}

export const inactive: RuleState = Object.freeze({ phase: "inactive" });

const beyond = (rule: CompleteRule, value: number, limit: number): boolean =>
  rule.comparison === "above" ? value > limit : value < limit;

const worse = (rule: CompleteRule, a: number, b: number): number =>
  rule.comparison === "above" ? Math.max(a, b) : Math.min(a, b);

/**
 * The state after one analysis; without a figure (no data, or too little) nothing is claimed. Once firing, a rule goes on
 * until its figure has come back past the clear threshold; before that, one figure within the threshold starts it anew.
 */
export const advance = (rule: CompleteRule, state: RuleState, figure: Figure | undefined, nowMs: number): RuleState => {
  const limit = state.phase === "firing" ? rule.clearThreshold : rule.threshold;
  if (figure === undefined || !beyond(rule, figure.value, limit)) return inactive;
  if (state.phase === "firing") return { ...state, figure, worstValue: worse(rule, state.worstValue, figure.value) };
  const sinceMs = state.phase === "pending" ? state.sinceMs : nowMs;
  if (nowMs - sinceMs < rule.forMs) return { phase: "pending", sinceMs };
  return { phase: "firing", sinceMs, firedAtMs: nowMs, figure, worstValue: figure.value };
};
