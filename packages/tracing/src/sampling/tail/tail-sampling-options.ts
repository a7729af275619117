import { type Clock, type LogPort, silentLog, systemClock } from "../../ports.ts";
import type { FinishedSpan, FinishedSpanProcessor } from "../../types.ts";
import type { TailPolicy } from "./tail-policies.ts";

/** Options of a `TailSamplingProcessor`. */
export interface TailSamplingOptions {
  /** Gets the spans of kept traces, e.g. a `SpanPipeline`. */
  readonly next: FinishedSpanProcessor;
  /** Default: every error, slower than 1 s, 10 % of the rest. */
  readonly policies?: readonly TailPolicy[];
  /** A trace is decided this long after its first span ended, whatever is missing. */
  readonly decisionWaitMs?: number;
  /** A trace whose local root has ended waits this long for stragglers. 0 decides at once. */
  readonly graceMs?: number;
  /** Undecided traces; beyond it the oldest is decided early. */
  readonly maxTraces?: number;
  /** Spans of undecided traces; beyond it the oldest trace is decided early. */
  readonly maxSpans?: number;
  /** Estimated bytes of those spans; beyond it the oldest trace is decided early. */
  readonly maxBytes?: number;
  /** A trace with this many spans is decided early. */
  readonly maxSpansPerTrace?: number;
  /** Decisions kept for late spans, at least. */
  readonly decisionCacheTraces?: number;
  /** Estimates what a waiting span keeps alive, in bytes. */
  readonly sizeOf?: (span: FinishedSpan) => number;
  readonly clock?: Clock;
  /** Told once of each policy that throws. Its votes then count as none. */
  readonly log?: LogPort;
}

/** What a span object with 8 attributes and 2 events keeps alive; measured in `bench/`. */
const spanObjectBytes = 1_536;

/** The Collector's wait and number of traces, and bounds for one process. */
export const tailSamplingDefaults: Required<Omit<TailSamplingOptions, "next" | "policies">> = Object.freeze({
  decisionWaitMs: 30_000,
  graceMs: 100,
  maxTraces: 50_000,
  maxSpans: 100_000,
  maxBytes: 134_217_728,
  maxSpansPerTrace: 1_000,
  decisionCacheTraces: 50_000,
  sizeOf: () => spanObjectBytes,
  clock: systemClock,
  log: silentLog,
});
