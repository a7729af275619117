/// <reference lib="esnext.disposable" preserve="true" />
export { ProcessMetrics, type ProcessMetricsOptions } from "./process/process-metrics.ts";
