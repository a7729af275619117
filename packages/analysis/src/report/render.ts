import { inSeconds, rounded } from "../text.ts";
import type { PerformanceIssue } from "../types.ts";
import { checkOneOf } from "../validate.ts";
import type { PerformanceReport, ReportStatistics } from "./report.ts";

/** The forms of a report. */
export type ReportFormat = "text" | "json";

const instant = (timestampMs: number): string => new Date(timestampMs).toISOString();

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];

const firingLine = ({ severity, message, timestampMs }: PerformanceIssue): string =>
  `[${severity}] ${message}; firing since ${instant(timestampMs)}`;

const resolvedLine = ({
  severity,
  rule,
  timestampMs,
  resolvedAtMs,
  resolvedBy,
  worstValue,
  evidence,
}: PerformanceIssue) =>
  `[${severity}] ${rule}: ${evidence.metric} reached ${rounded(worstValue)}, ` +
  `${instant(timestampMs)} to ${instant(resolvedAtMs!)} (${resolvedBy === "no-data" ? "no more data" : "cleared"})`;

const statisticLines = (statistics: ReportStatistics): string[] =>
  Object.entries(statistics).map(([name, value]: [string, number]) => {
    if (name === "analysis_period") return `${name}: ${inSeconds(value)}`;
    return `${name}: ${rounded(value)}${name === "average_response_time" ? " ms" : ""}`;
  });

const renderText = (report: PerformanceReport): string => {
  const { summary, suggestions, rules, collectors } = report;
  const lines = [
    `Performance report, ${instant(report.timestampMs)}`,
    `Issues: ${summary.critical} critical, ${summary.high} high, ${summary.medium} medium, ${summary.low} low`,
    ...(summary.critical + summary.high > 0 ? ["Critical and high issues need attention at once."] : []),
    ...section("Issues", report.issues.map(firingLine)),
    ...section("Resolved", report.resolved.map(resolvedLine)),
    ...section(
      "Suggestions",
      suggestions.map(
        ({ suggestion, rule, evidence, impact, effort }, index) =>
          `${index + 1}. ${suggestion} (${rule}: ${evidence.metric} ${rounded(evidence.value)}; ` +
          `impact: ${impact}; effort: ${effort})`,
      ),
    ),
    ...section(
      "Too little data",
      rules
        .filter(({ state }) => state === "no-data")
        .map(({ name, metric, samples, minSamples, windowMs }) => {
          return `${name}: ${samples} of ${minSamples} samples of ${metric} in ${inSeconds(windowMs)}`;
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
