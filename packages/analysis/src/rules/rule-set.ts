import { AnalysisError } from "../errors.ts";
import type { Figure, History } from "../history/history.ts";
import { worstFirst } from "../severity.ts";
import type { PerformanceIssue, PerformanceRule } from "../types.ts";
import { firingIssue, resolvedIssue } from "./issue.ts";
import { type CompleteRule, completeRule } from "./rule.ts";
import { advance, inactive, type RuleState } from "./rule-state.ts";

/** One rule judged at one moment. */
export interface Judgement {
  readonly rule: CompleteRule;
  /** What the window says, however few its samples. */
  readonly observed: Figure | undefined;
  readonly state: RuleState;
}

/** All rules judged at one moment; nothing has changed yet. */
export interface Verdict {
  readonly judgements: readonly Judgement[];
  /** The incidents that are on, worst severity first. */
  readonly firing: readonly PerformanceIssue[];
  /** Those of them that this moment brought. */
  readonly fired: readonly PerformanceIssue[];
  /** The incidents that ended at this moment. */
  readonly resolved: readonly PerformanceIssue[];
}

/** The rules of an analyzer and the state of each. */
export class RuleSet {
  readonly #rules = new Map<string, CompleteRule>();
  #states = new Map<string, RuleState>();

  add(rule: PerformanceRule): void {
    const complete = completeRule(rule);
    if (this.#rules.has(complete.name))
      throw new AnalysisError("RULE_EXISTS", `rule "${complete.name}" already exists`);
    this.#rules.set(complete.name, complete);
  }

  get(name: string): CompleteRule | undefined {
    return this.#rules.get(name);
  }

  get rules(): readonly CompleteRule[] {
    return [...this.#rules.values()];
  }

  /** Judges every rule without changing any. O(rules x samples). */
  judge(history: History, nowMs: number): Verdict {
    const judgements: Judgement[] = [];
    const firing: PerformanceIssue[] = [];
    const fired: PerformanceIssue[] = [];
    const resolved: PerformanceIssue[] = [];
    for (const rule of this.#rules.values()) {
      const observed = history.mean(rule.metric, nowMs, rule.windowMs);
      const figure = observed !== undefined && observed.samples >= rule.minSamples ? observed : undefined;
      const before = this.#states.get(rule.name) ?? inactive;
      const state = advance(rule, before, figure, nowMs);
      judgements.push({ rule, observed, state });
      if (state.phase === "firing") {
        const issue = firingIssue(rule, state);
        firing.push(issue);
        if (before.phase !== "firing") fired.push(issue);
      } else if (before.phase === "firing") {
        resolved.push(resolvedIssue(rule, before, nowMs, figure === undefined ? "no-data" : "cleared"));
      }
    }
    return { judgements, firing: firing.sort(worstFirst), fired, resolved };
  }

  /** Makes a verdict the state to go on from. */
  commit({ judgements }: Verdict): void {
    this.#states = new Map(judgements.map(({ rule, state }) => [rule.name, state]));
  }
}
