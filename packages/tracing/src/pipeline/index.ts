/// <reference lib="esnext.disposable" preserve="true" />

export { BufferPool, type BufferPoolOptions, type BufferPoolStats, bufferPoolDefaults } from "../buffer-pool.ts";
export { AdaptiveBuffer, type AdaptiveBufferOptions, adaptiveBufferDefaults } from "./adaptive-buffer.ts";
export { AttributeList } from "./attribute-list.ts";
export {
  DynamicWorkerPool,
  type DynamicWorkerPoolOptions,
  type DynamicWorkerPoolStats,
  dynamicWorkerPoolDefaults,
} from "./dynamic-worker-pool.ts";
export type { EncodedTracesExporter } from "./encoded-store.ts";
export { Ewma } from "./ewma.ts";
export type { ExportCounts } from "./pending-batch.ts";
export {
  arrayStore,
  type BatchInfo,
  type BatchReason,
  type BatchStore,
  SmartBatcher,
  type SmartBatcherOptions,
  smartBatcherDefaults,
} from "./smart-batcher.ts";
export type { DroppedSpans, SpanPipelineStats } from "./span-ledger.ts";
export { SpanPipeline } from "./span-pipeline.ts";
export { type SpanPipelineOptions, spanPipelineDefaults } from "./span-pipeline-options.ts";
export { FlatSpan, SpanPool } from "./span-pool.ts";
export type { Task, TaskResult } from "./task.ts";
export { WorkerPool, type WorkerPoolOptions, type WorkerPoolStats, workerPoolDefaults } from "./worker-pool.ts";
