/// <reference lib="esnext.disposable" preserve="true" />
export type { CollectorStatus } from "./collect/collectors.ts";
export { type TrafficOptions, type TrafficTotals, trafficCollector } from "./collect/traffic.ts";
export { AnalysisError, type AnalysisErrorCode } from "./errors.ts";
export { metricNames } from "./metric-names.ts";
export type { AnalyzerOptions } from "./options.ts";
export { PerformanceAnalyzer } from "./performance-analyzer.ts";
export type { Clock, Collector, Log } from "./ports.ts";
export { type ReportFormat, renderReport } from "./report/render.ts";
export type { PerformanceReport, ReportStatistics, ReportSummary, RuleStatus } from "./report/report.ts";
export { type DefaultRulesOptions, defaultRules } from "./rules/default-rules.ts";
export { type RuleSeverity, severities } from "./severity.ts";
export type * from "./types.ts";
