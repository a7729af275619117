import { type Context, context } from "@opentelemetry/api";
import { BufferPool } from "../buffer-pool.ts";
import { TracingError } from "../errors.ts";
import { metricNames } from "../metric-names.ts";
import type { MetricsPort } from "../ports.ts";
import { suppressedContext } from "../suppression.ts";
import type { FinishedSpan, FinishedSpanExporter, FinishedSpanProcessor } from "../types.ts";
import { requireInteger, requireMethod, requireNumber } from "../validation.ts";
import { DynamicWorkerPool } from "./dynamic-worker-pool.ts";
import { type EncodedTracesExporter, encodedStore } from "./encoded-store.ts";
import { LossLog } from "./loss-log.ts";
import { objectStore } from "./object-store.ts";
import type { ExportCounts, PendingBatch } from "./pending-batch.ts";
import { SmartBatcher } from "./smart-batcher.ts";
import { SpanLedger, type SpanPipelineStats } from "./span-ledger.ts";
import { type SpanPipelineOptions, spanPipelineDefaults } from "./span-pipeline-options.ts";
import { untilAborted } from "./until-aborted.ts";

const encodedConcurrency = 8;
/** As many chunks as the largest batch has are kept for the next one. */
const idleChunks = 32;
const sampledFlag = 1;

const takesEncoded = (exporter: EncodedTracesExporter | FinishedSpanExporter): exporter is EncodedTracesExporter =>
  "exportEncoded" in exporter && exporter.encoding === "protobuf";

const requireBounds = (options: Required<Omit<SpanPipelineOptions, "maxConcurrency" | "metrics">>): void => {
  const { maxQueueSpans, maxQueueBytes, flushTimeoutMs, minBatchSpans, maxBatchSpans, maxBatchBytes } = options;
  requireInteger("maxQueueSpans", maxQueueSpans, 1);
  requireInteger("maxQueueBytes", maxQueueBytes, 1);
  requireNumber("flushTimeoutMs", flushTimeoutMs, 0);
  requireInteger("minBatchSpans", minBatchSpans, 1);
  requireInteger("maxBatchSpans", maxBatchSpans, minBatchSpans);
  requireInteger("maxBatchBytes", maxBatchBytes, 1);
};

/** A span processor that encodes spans as they end, batches them by count, size and age, and accounts for each one. */
export class SpanPipeline implements FinishedSpanProcessor {
  readonly #options: Required<Omit<SpanPipelineOptions, "maxConcurrency" | "metrics">>;
  readonly #metrics: MetricsPort | undefined;
  readonly #ledger = new SpanLedger();
  readonly #buffers = new BufferPool({ maxIdlePerClass: idleChunks });
  readonly #batcher: SmartBatcher<FinishedSpan, PendingBatch>;
  readonly #pool: DynamicWorkerPool;
  readonly #pending = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  readonly #unencodable: LossLog;
  readonly #unexported: LossLog;
  #shutdown: Promise<void> | undefined;

  constructor(options: SpanPipelineOptions) {
    this.#options = { ...spanPipelineDefaults, ...options };
    requireBounds(this.#options);
    const { exporter, maxQueueSpans, maxQueueBytes, clock, log } = this.#options;
    this.#unencodable = new LossLog(log, "could not be encoded");
    this.#unexported = new LossLog(log, "could not be exported");
    requireMethod("exporter", exporter, "shutdown");
    const encoded = takesEncoded(exporter);
    if (!encoded) requireMethod("exporter", exporter, "export");
    const maxWorkers = requireInteger(
      "maxConcurrency",
      options.maxConcurrency ?? (encoded ? encodedConcurrency : 1),
      1,
    );
    const store = encoded
      ? encodedStore(exporter, this.#buffers, this.#ledger, maxQueueBytes)
      : objectStore(exporter as FinishedSpanExporter, this.#ledger, maxQueueBytes);
    this.#metrics = options.metrics;
    this.#metrics?.gauge(metricNames.queueCapacity, maxQueueSpans);
    const metrics = options.metrics && { metrics: options.metrics };
    this.#pool = new DynamicWorkerPool({ minWorkers: 1, maxWorkers, maxQueued: maxQueueSpans, clock, ...metrics });
    this.#batcher = new SmartBatcher({
      store,
      clock,
      onBatch: (batch) => this.#enqueue(batch),
      minItems: this.#options.minBatchSpans,
      maxItems: this.#options.maxBatchSpans,
      maxBytes: this.#options.maxBatchBytes,
      minWaitMs: this.#options.minWaitMs,
      maxWaitMs: this.#options.maxWaitMs,
    });
  }

  onStart(_span: unknown, _parentContext: Context): void {}

  onEnd(span: FinishedSpan): void {
    const ledger = this.#ledger;
    ledger.received++;
    if (this.#shutdown !== undefined) ledger.dropped.shutdown++;
    else if ((span.spanContext().traceFlags & sampledFlag) === 0) ledger.dropped.unsampled++;
    else if (ledger.queued >= this.#options.maxQueueSpans) ledger.dropped.queueFull++;
    else this.#add(span);
  }

  #add(span: FinishedSpan): void {
    try {
      if (!this.#batcher.add(span)) this.#ledger.dropped.queueFull++;
    } catch (error) {
      this.#ledger.dropped.encodeError++;
      this.#unencodable.lost(1, error);
    }
  }

  /** Exports what has ended so far and waits for it. Rejects with `timeout` after `flushTimeoutMs`; nothing is dropped then. */
  async forceFlush(): Promise<void> {
    this.#batcher.flush();
    await this.#deadline(Promise.all(this.#pending), "forceFlush");
    await this.#options.exporter.forceFlush?.();
  }

  /** Exports what has ended so far, then shuts the exporter down. What is left after `flushTimeoutMs` is dropped and counted. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  stats(): SpanPipelineStats {
    return this.#ledger.stats();
  }

  async #close(): Promise<void> {
    this.#batcher.close();
    try {
      await this.#deadline(Promise.all(this.#pending), "shutdown");
    } catch (error) {
      this.#abort.abort(error);
      await this.#pool.stop(this.#abort.signal);
      await Promise.all(this.#pending);
    }
    this.#unencodable.over();
    this.#unexported.over();
    await this.#pool.stop();
    await this.#options.exporter.shutdown();
    this.#buffers.clear();
  }

  #enqueue(batch: PendingBatch): void {
    const delivered = this.#deliver(batch).finally(() => this.#pending.delete(delivered));
    this.#pending.add(delivered);
  }

  async #deliver(batch: PendingBatch): Promise<void> {
    const ledger = this.#ledger;
    const { signal } = this.#abort;
    let { sizeBytes } = batch;
    try {
      if (batch.ready) {
        const keptBytes = await untilAborted(batch.ready, signal);
        ledger.queuedBytes += keptBytes - sizeBytes;
        sizeBytes = keptBytes;
      }
      const { accepted, rejected } = await context.with(suppressedContext, () =>
        this.#pool.submit((stopped) => this.#export(batch, stopped)),
      );
      ledger.settle(batch.spans, sizeBytes, accepted, rejected, "exportFailed");
      const failed = batch.spans - accepted - rejected;
      if (failed > 0) this.#unexported.lost(failed, undefined);
      else this.#unexported.over();
    } catch (error) {
      ledger.settle(batch.spans, sizeBytes, 0, 0, signal.aborted ? "shutdown" : "exportFailed");
      this.#unexported.lost(batch.spans, error);
    } finally {
      if (this.#metrics) ledger.report(this.#metrics);
      // After an abort the exporter may still read the bytes: they are left to the garbage collector.
      if (!signal.aborted) batch.release();
    }
  }

  async #export(batch: PendingBatch, signal: AbortSignal): Promise<ExportCounts> {
    const startedAt = this.#options.clock();
    const counts = await untilAborted(batch.export(signal), signal);
    this.#batcher.observe(this.#options.clock() - startedAt);
    return counts;
  }

  async #deadline(work: Promise<unknown>, operation: string): Promise<void> {
    const { flushTimeoutMs } = this.#options;
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new TracingError("timeout", `${operation} did not finish within ${flushTimeoutMs} ms`)),
      flushTimeoutMs,
    );
    try {
      await Promise.race([work, promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
