import { checkObject } from "../checks.ts";
import type { Labels, LabelValue } from "../types.ts";

/** Labels of a series as they are printed: text, frozen, in the order of declaration. */
export type LabelSet = Readonly<Record<string, string>>;

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

// `overflow` marks the series that takes what a full family turned away, `uid` has as many values as users.
const reserved = new Map([
  ["le", "it is the bucket bound of a histogram"],
  ["overflow", "it marks the overflow series"],
  ["uid", "a series per user never ends; give a trace id as exemplar instead"],
]);

/** Throws a `RangeError` unless `name` may name a metric. */
export const checkMetricName = (name: string): void => {
  if (typeof name !== "string" || !metricName.test(name))
    throw new RangeError(`name must match ${metricName.source}, got ${JSON.stringify(name)}`);
};

/** Throws a `RangeError` unless `names` are distinct and may name labels. */
export const checkLabelNames = (names: readonly string[]): void => {
  for (const name of names) {
    if (typeof name !== "string" || !labelName.test(name) || name.startsWith("__"))
      throw new RangeError(
        `a label name must match ${labelName.source} and not start with "__", got ${JSON.stringify(name)}`,
      );
    const reason = reserved.get(name);
    if (reason) throw new RangeError(`the label name ${JSON.stringify(name)} is refused: ${reason}`);
  }
  if (new Set(names).size < names.length) throw new RangeError(`label names must be distinct, got ${names.join(", ")}`);
};

/** The text of a label value. Half a surrogate pair becomes U+FFFD here, not only on the wire, where two would meet. */
export const labelText = (value: LabelValue): string => {
  if (typeof value !== "string" && typeof value !== "number")
    throw new TypeError(`a label value must be a string or a number, got ${typeof value}`);
  return String(value).toWellFormed();
};

/** Constant labels as text, their names checked. */
export const constantLabels = (labels: Labels): LabelSet => {
  checkObject("labels", labels);
  checkLabelNames(Object.keys(labels));
  return Object.freeze(Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, labelText(value)])));
};

/** `base` with one more label per name; an empty value means "no such label", as it does to Prometheus. */
export const withLabels = (base: LabelSet, names: readonly string[], values: readonly LabelValue[]): LabelSet => {
  const labels: Record<string, string> = { ...base };
  for (const [index, name] of names.entries()) labels[name] = labelText(values[index]!);
  for (const name of Object.keys(labels)) if (labels[name] === "") delete labels[name];
  return Object.freeze(labels);
};

/** A key that two label sets share only if they are equal, whatever their values contain. */
export const labelKey = (labels: LabelSet): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
