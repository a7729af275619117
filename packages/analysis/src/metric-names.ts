import type { MetricName } from "./types.ts";

/** The largest value of each metric: the ratios end at 1. All of them begin at 0. */
export const largestValue: Readonly<Record<MetricName, number>> = Object.freeze({
  requestRate: Number.MAX_VALUE,
  responseTimeMs: Number.MAX_VALUE,
  errorRate: 1,
  cacheHitRate: 1,
  memoryUsage: 1,
  cpuUsage: 1,
  connectionCount: Number.MAX_VALUE,
});

/** All that a sample can tell and a rule can judge. */
export const metricNames: readonly MetricName[] = Object.freeze(Object.keys(largestValue) as MetricName[]);
