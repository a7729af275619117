import { PerformanceMonitor } from "@route/metrics";
import type { BenchRow } from "../../../tools/bench.ts";
import { contest, durationsMs, ns } from "./_contest.ts";

const msAt = (i: number): number => durationsMs[i & 65_535]!;
const ratios = [0.5, 0.99, 0.999];

/** Quantiles in process: their error against the sorted values, and what they add to a record. */
export const bench = (): BenchRow[] => {
  const monitor = new PerformanceMonitor({ quantiles: true });
  for (const durationMs of durationsMs) monitor.recordRequest(durationMs, true);
  const sorted = durationsMs.toSorted();
  const errors = ratios.map((ratio) => {
    const exact = sorted[Math.ceil(ratio * sorted.length) - 1]!;
    return Math.abs(monitor.quantileMs(ratio)! / exact - 1);
  });
  const worst = Math.max(...errors);

  const with_ = monitor.histogram({ name: "with_seconds", help: "With", quantiles: true }).labels();
  const without = monitor.histogram({ name: "without_seconds", help: "Without" }).labels();
  const took = contest({
    without: (i) => without.observe(msAt(i) / 1000),
    with: (i) => with_.observe(msAt(i) / 1000),
  });
  const addedNs = took.with - took.without;
  return [
    {
      case: "quantiles in process (p50, p99, p99.9): error",
      measured: errors.map((error) => `${(100 * error).toFixed(2)} %`).join(", "),
      target: "within 2 %",
      met: worst <= 0.02,
    },
    {
      case: "quantiles in process: added to a record",
      measured: `${ns(addedNs)} (observe ${ns(took.without)}, with quantiles ${ns(took.with)})`,
      target: "<= 15 ns a record",
      met: addedNs <= 15,
    },
  ];
};
