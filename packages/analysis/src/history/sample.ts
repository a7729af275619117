import { largestValue, metricNames } from "../metric-names.ts";
import type { MetricName, PerformanceMetrics } from "../types.ts";
import { checkKeys, checkNumber } from "../validate.ts";

/** A sample as the history keeps it: every figure present or `undefined`, in one object shape. */
export type Sample = Readonly<Record<MetricName, number | undefined>> & { readonly timestampMs: number };

const fields: readonly string[] = [...metricNames, "timestampMs"];
const labels = Object.fromEntries(metricNames.map((name) => [name, `sample.${name}`])) as Record<MetricName, string>;

/** What a Date can hold. */
const farthestMs = 8.64e15;

/** A checked copy. Throws a `TypeError` or `RangeError` that names the field. */
export const toSample = (metrics: PerformanceMetrics, nowMs: number): Sample => {
  checkKeys("sample", metrics, fields);
  const figures = {} as Record<MetricName, number | undefined>;
  for (const name of metricNames) {
    const value = metrics[name];
    figures[name] = value === undefined ? undefined : checkNumber(labels[name], value, 0, largestValue[name]);
  }
  return {
    ...figures,
    timestampMs: checkNumber("sample.timestampMs", metrics.timestampMs ?? nowMs, -farthestMs, farthestMs),
  };
};
