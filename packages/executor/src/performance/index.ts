/// <reference lib="esnext.disposable" preserve="true" />
export {
  type ConnectionStatus,
  durationBuckets,
  ExecutorMetrics,
  type ExecutorMetricsOptions,
  type OperationStatus,
} from "./executor-metrics.ts";
export {
  type CounterHandle,
  type FamilyOptions,
  type GaugeHandle,
  type HistogramHandle,
  type HistogramOptions,
  type MeterPort,
  type MetricFamily,
  type PrometheusClient,
  prometheusMeter,
} from "./meter.ts";
export { observe } from "./observe.ts";
export { OperationAnalyzer, type OperationAnalyzerOptions, type OperationRecorder } from "./operation-analyzer.ts";
export type { OperationStatistics } from "./operation-record.ts";
export {
  OptimizationEngine,
  type OptimizationEngineOptions,
  type OptimizationHook,
  type OptimizationOutcome,
} from "./optimization-engine.ts";
export {
  defaultRules,
  errorRatioRule,
  nearCacheRule,
  type OptimizationRule,
  pendingCallsRule,
  type Suggestion,
  scriptCacheRule,
  slowOperationRule,
} from "./optimization-rules.ts";
export {
  type PerformanceReport,
  PerformanceReporter,
  type PerformanceReporterOptions,
  type ReportFormat,
} from "./performance-reporter.ts";
export { type MetricsPage, PrometheusServer, type PrometheusServerOptions } from "./prometheus-server.ts";
export type { OperationTotals, PerformanceSnapshot, Readings } from "./snapshot.ts";
