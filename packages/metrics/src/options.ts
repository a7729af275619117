import { type ClientRegistry, type Clock, type Log, systemClock } from "./ports.ts";
import type { Labels } from "./types.ts";

/** What a {@link Meter} can be told. */
export interface MeterOptions {
  /** Where the families are registered: a registry of `prom-client` 15 or `@prometheus-io/client` 0.16. Default: its own. */
  readonly registry?: ClientRegistry;
  /** Labels that every series carries, e.g. `{ service: "chat" }`. Default none. */
  readonly labels?: Labels;
  /** The most series of one family; further label values share one overflow series. Default 2000. */
  readonly maxSeries?: number;
  /** How long a page waits for one asynchronous collector, in milliseconds. Default 5000. */
  readonly collectorTimeoutMs?: number;
  /** Time for exemplars and collection intervals. Default: the system's, monotonic. */
  readonly clock?: Clock;
  /** Told once per metric whose collector failed. Default: silent. */
  readonly log?: Log;
}

/** {@link MeterOptions} with the defaults filled in. */
export type ResolvedMeterOptions = Required<Omit<MeterOptions, "registry">>;

/** The defaults of {@link MeterOptions}. */
export const meterDefaults: ResolvedMeterOptions = Object.freeze({
  labels: Object.freeze({}),
  maxSeries: 2000,
  collectorTimeoutMs: 5000,
  clock: systemClock,
  log: Object.freeze({ warn: () => undefined }),
});

/** Throws a `RangeError` unless `value` is a whole number from `least`. */
export const checkInteger = (option: string, value: number, least: number): void => {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${option} must be an integer >= ${least}, got ${String(value)}`);
};

/** Throws a `RangeError` unless `value` is a finite number from `least`. */
export const checkNumber = (option: string, value: number, least: number): void => {
  if (!Number.isFinite(value) || value < least)
    throw new RangeError(`${option} must be a finite number >= ${least}, got ${String(value)}`);
};

/** The options with the defaults filled in. Throws a `RangeError` or `TypeError` for a bad one. */
export const meterOptions = (options: MeterOptions): ResolvedMeterOptions => {
  const given = { ...meterDefaults, ...options };
  checkInteger("maxSeries", given.maxSeries, 1);
  checkNumber("collectorTimeoutMs", given.collectorTimeoutMs, 1);
  if (typeof given.clock.now !== "function") throw new TypeError("clock must have a method now()");
  if (typeof given.log.warn !== "function") throw new TypeError("log must have a method warn()");
  if (options.registry !== undefined && typeof options.registry.registerMetric !== "function")
    throw new TypeError("registry must be a Registry of prom-client or @prometheus-io/client");
  return given;
};
