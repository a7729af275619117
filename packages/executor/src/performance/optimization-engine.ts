import type { OperationAnalyzer } from "./operation-analyzer.ts";
import { defaultRules, type OptimizationRule, type Suggestion } from "./optimization-rules.ts";
import type { PerformanceSnapshot, Readings } from "./snapshot.ts";

/** Carries out a suggestion, e.g. resizes a cache. What it throws is reported, and the next one goes on. */
export type OptimizationHook = (suggestion: Suggestion) => unknown;

/** What became of one suggestion in {@link OptimizationEngine.apply}. */
export type OptimizationOutcome =
  /** `no-hook`: nobody offered to carry it out. `dry-run`: the hook would have been called. */
  | { readonly suggestion: Suggestion; readonly outcome: "no-hook" | "dry-run" | "applied" }
  | { readonly suggestion: Suggestion; readonly outcome: "failed"; readonly error: unknown };

/** Options of {@link OptimizationEngine}. */
export interface OptimizationEngineOptions {
  readonly analyzer: Pick<OperationAnalyzer, "statistics">;
  /** What the caller knows besides, asked for each snapshot. Default nothing. */
  readonly readings?: () => Readings;
  /** Default {@link defaultRules}. */
  readonly rules?: readonly OptimizationRule[];
  /** What may be done without a person, by the name of the rule. Default nothing. */
  readonly hooks?: Readonly<Record<string, OptimizationHook>>;
}

/** Judges what was measured by rules, and says what to improve and why. Changes nothing unless hooks are given. */
export class OptimizationEngine {
  readonly #analyzer: Pick<OperationAnalyzer, "statistics">;
  readonly #readings: () => Readings;
  readonly #rules: readonly OptimizationRule[];
  readonly #hooks: ReadonlyMap<string, OptimizationHook>;

  constructor({ analyzer, readings = () => ({}), rules = defaultRules, hooks = {} }: OptimizationEngineOptions) {
    this.#analyzer = analyzer;
    this.#readings = readings;
    this.#rules = rules;
    this.#hooks = new Map(Object.entries(hooks));
  }

  /** What the rules judge, as of now. */
  snapshot(): PerformanceSnapshot {
    return { operations: this.#analyzer.statistics(), readings: this.#readings() };
  }

  /** What to improve, by the order of the rules; empty if all is well. */
  suggestions(snapshot: PerformanceSnapshot = this.snapshot()): Suggestion[] {
    return this.#rules.flatMap((rule) => rule.evaluate(snapshot));
  }

  /** Carries out what there are hooks for, one after the other. With `dryRun` (default true) it only says what it would do. */
  async apply({ dryRun = true }: { readonly dryRun?: boolean } = {}): Promise<OptimizationOutcome[]> {
    const outcomes: OptimizationOutcome[] = [];
    for (const suggestion of this.suggestions()) {
      const hook = this.#hooks.get(suggestion.rule);
      if (!hook || dryRun) outcomes.push({ suggestion, outcome: hook ? "dry-run" : "no-hook" });
      else outcomes.push(await carryOut(hook, suggestion));
    }
    return outcomes;
  }
}

const carryOut = async (hook: OptimizationHook, suggestion: Suggestion): Promise<OptimizationOutcome> => {
  try {
    await hook(suggestion);
    return { suggestion, outcome: "applied" };
  } catch (error) {
    return { suggestion, outcome: "failed", error };
  }
};
