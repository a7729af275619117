import { ExecutorError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import { wallClock } from "../time.ts";
import type { OperationStatistics } from "./operation-record.ts";
import type { OptimizationEngine } from "./optimization-engine.ts";
import type { Suggestion } from "./optimization-rules.ts";
import { type OperationTotals, totalsOf } from "./snapshot.ts";

/** What was measured and what to improve, both from one snapshot. */
export interface PerformanceReport {
  /** Grows when a field changes its meaning or goes. */
  readonly schemaVersion: 1;
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
  readonly totals: OperationTotals;
  readonly operations: readonly OperationStatistics[];
  readonly suggestions: readonly Suggestion[];
}

/** The formats of {@link PerformanceReporter.render}. */
export type ReportFormat = "json" | "text";

/** Options of {@link PerformanceReporter}. */
export interface PerformanceReporterOptions {
  /** Gives the snapshot and the suggestions. */
  readonly engine: Pick<OptimizationEngine, "snapshot" | "suggestions">;
  /** The time of the report, in milliseconds since the epoch. Default: the machine's. */
  readonly clock?: Clock;
}

/** Reports for people and programs. */
export class PerformanceReporter {
  readonly #engine: PerformanceReporterOptions["engine"];
  readonly #clock: Clock;

  constructor({ engine, clock = wallClock }: PerformanceReporterOptions) {
    this.#engine = engine;
    this.#clock = clock;
  }

  report(): PerformanceReport {
    const snapshot = this.#engine.snapshot();
    return {
      schemaVersion: 1,
      generatedAt: new Date(this.#clock.now()).toISOString(),
      totals: totalsOf(snapshot.operations),
      operations: snapshot.operations,
      suggestions: this.#engine.suggestions(snapshot),
    };
  }

  /** The report as text. Throws `INVALID_ARGUMENT` for another format. */
  render(format: ReportFormat): string {
    if (format === "json") return JSON.stringify(this.report(), undefined, 2);
    if (format === "text") return formatText(this.report());
    throw new ExecutorError("INVALID_ARGUMENT", `format must be one of json, text, got ${JSON.stringify(format)}`);
  }
}

const duration = (ms: number): string => `${ms.toFixed(3)} ms`;

const formatText = ({ generatedAt, totals, operations, suggestions }: PerformanceReport): string =>
  [
    "Performance report",
    "==================",
    `Generated at: ${generatedAt}`,
    "",
    "Performance metrics:",
    `- Total operations: ${totals.operations}`,
    `- Total errors: ${totals.errors}`,
    `- Average latency: ${duration(totals.meanMs)}`,
    ...operations.map(
      ({ operation, count, errors, p50Ms, p99Ms }) =>
        `- ${operation}: ${count} calls, ${errors} errors, p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}`,
    ),
    "",
    "Optimization suggestions:",
    ...(suggestions.length === 0
      ? ["none"]
      : suggestions.map(({ suggestion }, index) => `${index + 1}. ${suggestion}`)),
    "",
  ].join("\n");
