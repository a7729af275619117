/** Names of this package's own measurements: those of the semantic conventions where they exist, else those of the seed design. */
export const metricNames: MetricNames = Object.freeze({
  queueSize: "otel.sdk.processor.span.queue.size",
  queueCapacity: "otel.sdk.processor.span.queue.capacity",
  processed: "otel.sdk.processor.span.processed",
  inflight: "otel.sdk.exporter.span.inflight",
  exported: "otel.sdk.exporter.span.exported",
  exportSeconds: "otel.sdk.exporter.operation.duration",
  bufferSize: "buffer.size",
  bufferUtilization: "buffer.utilization",
  workerActive: "worker.active",
  workerCompleted: "worker.completed",
  workerQueueLength: "worker.queue.length",
  workerScaledUp: "worker.scaled_up",
  workerScaledDown: "worker.scaled_down",
  samplerRate: "sampler.rate",
  originalBytes: "data.original_size",
  compressedBytes: "data.compressed_size",
  compressionRatio: "compression.ratio",
});

/** The measurements by what they mean. */
export interface MetricNames {
  /** Gauge: spans waiting or in flight. */
  readonly queueSize: string;
  /** Gauge: the most that may. */
  readonly queueCapacity: string;
  /** Counter: spans that left the queue, with `error.type` where they were dropped. */
  readonly processed: string;
  /** Gauge: spans in requests that are under way. */
  readonly inflight: string;
  /** Counter: spans that were sent, with `error.type` where they were not accepted. */
  readonly exported: string;
  /** Histogram: seconds from the first attempt to the answer that counted. */
  readonly exportSeconds: string;
  /** Gauge: slots of a buffer after it was resized. */
  readonly bufferSize: string;
  /** Gauge: share of the slots that were in use then. */
  readonly bufferUtilization: string;
  /** Gauge: tasks that run. */
  readonly workerActive: string;
  /** Gauge: tasks that have ended well. */
  readonly workerCompleted: string;
  /** Gauge: tasks that wait. */
  readonly workerQueueLength: string;
  /** Gauge: workers after one was added. */
  readonly workerScaledUp: string;
  /** Gauge: workers after some were taken away. */
  readonly workerScaledDown: string;
  /** Gauge: share of spans that the adaptive sampler keeps. */
  readonly samplerRate: string;
  /** Histogram: bytes of a request before compression. */
  readonly originalBytes: string;
  /** Histogram: bytes after it. */
  readonly compressedBytes: string;
  /** Histogram: compressed bytes by original bytes. */
  readonly compressionRatio: string;
}
