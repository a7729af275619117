import type { PerformanceIssue } from "../types.ts";
import { checkOneOf } from "../validate.ts";
import type { PerformanceReport, ReportStatistics } from "./report.ts";

/** The forms of a report. */
export type ReportFormat = "text" | "json";

const instant = (timestampMs: number): string => {
  const date = new Date(timestampMs);
  // A clock of a test may count from anywhere; a Date reaches 8.64e15 ms.
  return Number.isNaN(date.getTime()) ? `${timestampMs} ms` : date.toISOString();
};

const seconds = (ms: number): string => `${Number((ms / 1000).toPrecision(4))} s`;

/** Messages of foreign errors may hold line breaks or terminal escapes. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, " ");

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${oneLine(line)}`)];

const firingLine = ({ severity, message, timestampMs }: PerformanceIssue): string =>
  `[${severity}] ${message}, firing since ${instant(timestampMs)}`;

const resolvedLine = ({
  severity,
  rule,
  timestampMs,
  resolvedAtMs,
  resolvedBy,
  worstValue,
  evidence,
}: PerformanceIssue) =>
  `[${severity}] ${rule}: ${evidence.metric} reached ${Number(worstValue.toPrecision(4))}, ` +
  `${instant(timestampMs)} to ${instant(resolvedAtMs!)} (${resolvedBy === "no-data" ? "no more data" : "cleared"})`;

const statisticLines = (statistics: ReportStatistics): string[] =>
  Object.entries(statistics).map(([name, value]: [string, number]) => {
    if (name === "analysis_period") return `${name}: ${seconds(value)}`;
    return `${name}: ${Number(value.toPrecision(4))}${name === "average_response_time" ? " ms" : ""}`;
  });

const renderText = (report: PerformanceReport): string => {
  const { summary, suggestions, rules, collectors } = report;
  const lines = [
    `Performance report, ${instant(report.timestampMs)}`,
    `Issues: ${summary.critical} critical, ${summary.high} high, ${summary.medium} medium, ${summary.low} low`,
    ...section("Issues", report.issues.map(firingLine)),
    ...section("Resolved", report.resolved.map(resolvedLine)),
    ...section(
      "Suggestions",
      suggestions.map(
        ({ suggestion, rule, impact, effort }, index) =>
          `${index + 1}. ${suggestion} (for ${rule}; impact: ${impact}; effort: ${effort})`,
      ),
    ),
    ...section(
      "Too little data",
      rules
        .filter(({ state }) => state === "no-data")
        .map(({ name, metric, samples, minSamples, windowMs }) => {
          return `${name}: ${samples} of ${minSamples} samples of ${metric} in ${seconds(windowMs)}`;
        }),
    ),
    ...section(
      "Failing collectors",
      collectors
        .filter(({ consecutiveFailures }) => consecutiveFailures > 0)
        .map(({ consecutiveFailures, error }) => `${error} (${consecutiveFailures} in a row)`),
    ),
    ...section("Statistics", statisticLines(report.statistics)),
  ];
  return `${lines.join("\n")}\n`;
};

/** A report as text for people or as JSON for programs, with a line break at its end. */
export const renderReport = (report: PerformanceReport, format: ReportFormat = "text"): string =>
  checkOneOf("format", format, ["text", "json"]) === "json"
    ? `${JSON.stringify(report, null, 2)}\n`
    : renderText(report);
