import { metricNames } from "../metric-names.ts";
import { severities } from "../severity.ts";
import type { Advice, PerformanceRule } from "../types.ts";
import { checkInteger, checkKeys, checkNumber, checkOneOf, checkText } from "../validate.ts";

/** A rule with its defaults filled in. Only `advice` may stay open. */
export type CompleteRule = {
  readonly [Key in Exclude<keyof PerformanceRule, "advice">]-?: NonNullable<PerformanceRule[Key]>;
} & {
  readonly advice: Advice | undefined;
};

/** The defaults of a rule's options. */
export const ruleDefaults: Readonly<{ forMs: number; windowMs: number; minSamples: number }> = Object.freeze({
  forMs: 0,
  windowMs: 60_000,
  minSamples: 3,
});

const ruleFields = [
  "name",
  "description",
  "metric",
  "comparison",
  "threshold",
  "severity",
  "clearThreshold",
  "forMs",
  "windowMs",
  "minSamples",
  "advice",
] as const satisfies readonly (keyof PerformanceRule)[];
const adviceFields = ["suggestion", "impact", "effort", "priority"] as const satisfies readonly (keyof Advice)[];

const completeAdvice = (name: string, advice: Advice): Advice => {
  checkKeys(name, advice, adviceFields);
  return Object.freeze({
    suggestion: checkText(`${name}.suggestion`, advice.suggestion),
    impact: checkText(`${name}.impact`, advice.impact),
    effort: checkText(`${name}.effort`, advice.effort),
    priority: checkOneOf(`${name}.priority`, advice.priority, [1, 2, 3]),
  });
};

/** A checked, frozen copy. Throws a `TypeError` or `RangeError` that names the rule, the field and the value. */
export const completeRule = (rule: PerformanceRule): CompleteRule => {
  checkKeys("rule", rule, ruleFields);
  const name = checkText("rule.name", rule.name);
  const field = (key: keyof PerformanceRule): string => `rule "${name}": ${key}`;
  const metric = checkOneOf(field("metric"), rule.metric, metricNames);
  const comparison = checkOneOf(field("comparison"), rule.comparison, ["above", "below"]);
  const threshold = checkNumber(field("threshold"), rule.threshold, 0);
  const clearBounds = comparison === "above" ? ([0, threshold] as const) : ([threshold, Number.MAX_VALUE] as const);
  return Object.freeze({
    name,
    description: checkText(field("description"), rule.description ?? `${metric} is ${comparison} its threshold`),
    metric,
    comparison,
    threshold,
    severity: checkOneOf(field("severity"), rule.severity, severities),
    clearThreshold: checkNumber(field("clearThreshold"), rule.clearThreshold ?? threshold, ...clearBounds),
    forMs: checkNumber(field("forMs"), rule.forMs ?? ruleDefaults.forMs, 0),
    windowMs: checkNumber(field("windowMs"), rule.windowMs ?? ruleDefaults.windowMs, 1),
    minSamples: checkInteger(
      field("minSamples"),
      rule.minSamples ?? ruleDefaults.minSamples,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    advice: rule.advice === undefined ? undefined : completeAdvice(field("advice"), rule.advice),
  });
};
