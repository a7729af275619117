import type { PerformanceMetrics } from "./types.ts";

/** A source of time in Unix milliseconds, the time base of the samples. `Date` is one. */
export interface Clock {
  now(): number;
}

/** Where the analyzer reports what it finds by itself. `console` is one. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** A source of samples that the analyzer asks before each analysis. */
export interface Collector {
  /** Unique in its analyzer. */
  readonly name: string;
  /** One sample, or `undefined` when there is nothing to tell. The signal aborts at the time-out and when the analyzer closes. */
  collect(signal: AbortSignal): PerformanceMetrics | undefined | Promise<PerformanceMetrics | undefined>;
}
