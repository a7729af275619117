/// <reference lib="esnext.disposable" preserve="true" />

export { MetricsError, type MetricsErrorCode } from "./errors.ts";
export type { FetchHandler, NodeHandler } from "./expose/handlers.ts";
export type { CustomCollector } from "./meter/custom-metrics.ts";
export { Meter } from "./meter/meter.ts";
export type { InstrumentOptions } from "./middleware/instrument.ts";
export type { MeterOptions } from "./options.ts";
export { PerformanceMonitor, type PerformanceMonitorOptions } from "./performance-monitor.ts";
export type { ClientExemplar, ClientMetric, ClientReading, ClientRegistry, ClientSample, Clock, Log } from "./ports.ts";
export { type DurationName, type RouteMetricKey, routeMetricNames } from "./route/route-families.ts";
export type { RouteRecorder } from "./route/route-recorder.ts";
export type { Snapshot } from "./route/snapshot.ts";
export type { Counter } from "./store/counter.ts";
export { defaultBuckets } from "./store/definitions.ts";
export type { Exemplar } from "./store/exemplars.ts";
export type { Gauge } from "./store/gauge.ts";
export type { Histogram } from "./store/histogram.ts";
export type { Labeled } from "./store/labeled.ts";
export type { LabeledHistogram } from "./store/labeled-histogram.ts";
export type {
  Aggregator,
  CounterOptions,
  FamilyOptions,
  Format,
  GaugeOptions,
  HistogramOptions,
  Labels,
  LabelValue,
  MetricType,
  Page,
} from "./types.ts";
