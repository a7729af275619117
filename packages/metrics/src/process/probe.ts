import type { Meter } from "../meter/meter.ts";

/** One source of process metrics. */
export interface Probe {
  /** The metrics it makes. Where one of them exists already, e.g. from a client's default metrics, it stays out. */
  readonly names: readonly string[];
  /** Makes the metrics and starts what they need; the result stops that. */
  start(meter: Meter): Disposable;
}

/** For probes that run only while a page is read. */
export const nothingToStop: Disposable = Object.freeze({ [Symbol.dispose]: () => undefined });
