import { performance } from "node:perf_hooks";

/** Milliseconds from any fixed origin, never going back. */
export type Clock = () => number;

/** A source of numbers in [0, 1). */
export type Random = () => number;

/** Where warnings go; shaped like `console`. Silent by default. */
export interface LogPort {
  warn(message: string, details?: unknown): void;
}

/** Labels of one measurement. */
export type MetricAttributes = Readonly<Record<string, string | number | boolean>>;

/** Receives this package's own measurements. Called once per batch or decision window, never per span. */
export interface MetricsPort {
  /** Adds `delta` to a counter. */
  count(name: string, delta: number, attributes?: MetricAttributes): void;
  /** Sets a gauge. */
  gauge(name: string, value: number, attributes?: MetricAttributes): void;
  /** Adds one observation to a histogram. */
  observe(name: string, value: number, attributes?: MetricAttributes): void;
}

/** The system's monotonic clock. By import, because the global is a getter, which costs a fifth of a reading. */
export const systemClock: Clock = () => performance.now();

/** Drops every message. */
export const silentLog: LogPort = { warn: () => {} };
