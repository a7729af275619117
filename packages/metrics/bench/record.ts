import { PerformanceMonitor } from "@route/metrics";
import { Counter, Histogram, Registry } from "prom-client";
import type { BenchRow } from "../../../tools/bench.ts";
import { bytesPerCall, contest, durationsMs, ns, times } from "./_contest.ts";

const operations = ["get", "set", "del", "link", "unlink", "move", "seal", "renew"] as const;
const statuses = ["success", "error"] as const;
const operationAt = (i: number) => operations[i & 7]!;
const statusAt = (i: number) => statuses[i & 1]!;
const msAt = (i: number): number => durationsMs[i & 65_535]!;

const row = (name: string, ours: number, theirs: number, atLeast: number): BenchRow => ({
  case: name,
  measured: `${times(theirs / ours)} (${ns(ours)}, prom-client ${ns(theirs)})`,
  target: `>= ${atLeast}x`,
  met: theirs / ours >= atLeast,
});

/** prom-client behind the seed's methods, as one would write it. */
const plainClient = () => {
  const registers = [new Registry()];
  const total = new Counter({ name: "requests_total", help: "Requests", registers });
  const errors = new Counter({ name: "errors_total", help: "Errors", registers });
  const duration = new Histogram({ name: "duration_seconds", help: "Duration", registers });
  const labelled = new Counter({ name: "ops_total", help: "Ops", labelNames: ["operation", "status"], registers });
  const labelledDuration = new Histogram({ name: "op_seconds", help: "Ops", labelNames: ["operation"], registers });
  return {
    recordRequest(durationMs: number, success: boolean): void {
      total.inc();
      duration.observe(durationMs / 1000);
      if (!success) errors.inc();
    },
    recordOperation(operation: string, status: string, durationMs: number): void {
      labelled.inc({ operation, status });
      labelledDuration.observe({ operation }, durationMs / 1000);
    },
    counters: operations.map((operation) => labelled.labels(operation, "success")),
    histograms: operations.map((operation) => labelledDuration.labels(operation)),
  };
};

const ourClient = () => {
  const monitor = new PerformanceMonitor();
  const labelled = monitor.counter({ name: "ops_total", help: "Ops", labelNames: ["operation", "status"] });
  const labelledDuration = monitor.histogram({ name: "op_seconds", help: "Ops", labelNames: ["operation"] });
  return {
    monitor,
    recordOperation(operation: string, status: string, durationMs: number): void {
      labelled.labels(operation, status).inc();
      labelledDuration.labels(operation).observe(durationMs / 1000);
    },
    counters: operations.map((operation) => labelled.labels(operation, "success")),
    histograms: operations.map((operation) => labelledDuration.labels(operation)),
  };
};

/** Recording: ours against prom-client, all through one call site. */
export const bench = (): BenchRow[] => {
  const plain = plainClient();
  const ours = ourClient();
  const withQuantiles = new PerformanceMonitor({ quantiles: true });
  const contenders = {
    counterPlain: (i: number) => plain.counters[i & 7]!.inc(),
    counterOurs: (i: number) => ours.counters[i & 7]!.inc(),
    histogramPlain: (i: number) => plain.histograms[i & 7]!.observe(msAt(i) / 1000),
    histogramOurs: (i: number) => ours.histograms[i & 7]!.observe(msAt(i) / 1000),
    requestPlain: (i: number) => plain.recordRequest(msAt(i), (i & 63) !== 0),
    requestOurs: (i: number) => ours.monitor.recordRequest(msAt(i), (i & 63) !== 0),
    requestQuantiles: (i: number) => withQuantiles.recordRequest(msAt(i), (i & 63) !== 0),
    operationPlain: (i: number) => plain.recordOperation(operationAt(i), statusAt(i), msAt(i)),
    operationOurs: (i: number) => ours.recordOperation(operationAt(i), statusAt(i), msAt(i)),
  };
  const took = contest(contenders);
  const bytes = Math.max(bytesPerCall(contenders.requestOurs), bytesPerCall(contenders.requestQuantiles));
  return [
    row("* bound counter inc", took.counterOurs, took.counterPlain, 20),
    row("* bound histogram observe", took.histogramOurs, took.histogramPlain, 30),
    row("* recordRequest without in-process quantiles", took.requestOurs, took.requestPlain, 25),
    row("* recordRequest with in-process quantiles", took.requestQuantiles, took.requestPlain, 12),
    {
      case: "* recordRequest allocates nothing",
      measured: `${bytes.toFixed(2)} bytes a call`,
      target: "no allocation",
      met: bytes < 0.1,
    },
    row("operation with two labels", took.operationOurs, took.operationPlain, 15),
  ];
};
