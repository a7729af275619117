import { metricNames } from "../metric-names.ts";
import type { MetricsPort } from "../ports.ts";

/** Why a span did not reach the exporter's receiver. */
export interface DroppedSpans {
  /** A bound of the queue was reached. */
  readonly queueFull: number;
  /** Recorded, but not sampled. */
  readonly unsampled: number;
  /** A hostile span could not be encoded. */
  readonly encodeError: number;
  /** The exporter gave up on it. */
  readonly exportFailed: number;
  /** The receiver took the request and refused this span (partial success). */
  readonly rejected: number;
  /** Ended after shutdown, or still waiting when its deadline passed. */
  readonly shutdown: number;
}

/** Counts of a span pipeline. received = exported + queued + every drop. */
export interface SpanPipelineStats {
  readonly received: number;
  readonly exported: number;
  /** Waiting, or being exported. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly dropped: DroppedSpans;
}

/** Values of `error.type` for each drop. */
const errorTypes: Readonly<Record<keyof DroppedSpans, string>> = {
  queueFull: "queue_full",
  unsampled: "unsampled",
  encodeError: "encode_error",
  exportFailed: "export_failed",
  rejected: "rejected",
  shutdown: "shutdown",
};

/** Accounts for every span from its end to its export or its drop. */
export class SpanLedger {
  received = 0;
  exported = 0;
  queued = 0;
  queuedBytes = 0;
  readonly dropped: { -readonly [Reason in keyof DroppedSpans]: number } = {
    queueFull: 0,
    unsampled: 0,
    encodeError: 0,
    exportFailed: 0,
    rejected: 0,
    shutdown: 0,
  };
  #reported: SpanPipelineStats = this.stats();

  /** Moves a batch out of the queue: `exported` spans arrived, `rejected` were refused, the others fell to `reason`. */
  settle(spans: number, sizeBytes: number, exported: number, rejected: number, reason: keyof DroppedSpans): void {
    this.queued -= spans;
    this.queuedBytes -= sizeBytes;
    this.exported += exported;
    this.dropped.rejected += rejected;
    this.dropped[reason] += spans - exported - rejected;
  }

  /** Tells what changed since the last report. */
  report(metrics: MetricsPort): void {
    const exported = this.exported - this.#reported.exported;
    if (exported > 0) metrics.count(metricNames.processed, exported);
    for (const reason of Object.keys(errorTypes) as (keyof DroppedSpans)[]) {
      const dropped = this.dropped[reason] - this.#reported.dropped[reason];
      if (dropped > 0) metrics.count(metricNames.processed, dropped, { "error.type": errorTypes[reason] });
    }
    metrics.gauge(metricNames.queueSize, this.queued);
    this.#reported = this.stats();
  }

  stats(): SpanPipelineStats {
    const { received, exported, queued, queuedBytes, dropped } = this;
    return { received, exported, queued, queuedBytes, dropped: { ...dropped } };
  }
}
