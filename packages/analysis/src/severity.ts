/** The severities of a rule, from the mildest to the worst. */
export const severities: readonly ["low", "medium", "high", "critical"] = Object.freeze([
  "low",
  "medium",
  "high",
  "critical",
] as const);

/** How bad it is when a rule fires. */
export type RuleSeverity = (typeof severities)[number];

interface Graded {
  readonly severity: RuleSeverity;
}

/** Whether something is at least this bad. */
export const isAtLeast = (least: RuleSeverity, { severity }: Graded): boolean =>
  severities.indexOf(severity) >= severities.indexOf(least);

/** An order for `sort`. */
export const worstFirst = (a: Graded, b: Graded): number =>
  severities.indexOf(b.severity) - severities.indexOf(a.severity);
