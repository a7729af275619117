import { checkInteger, checkNumber, checkObject, checkType } from "./checks.ts";
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
  /** How long a page waits for its asynchronous collectors, which run at once, in milliseconds. Default 5000. */
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

/** Throws a `TypeError` unless it is a registry of either client. */
export const checkRegistry = (registry: ClientRegistry): void =>
  checkType(
    "registry",
    registry,
    typeof registry?.registerMetric === "function",
    "a Registry of prom-client or @prometheus-io/client",
  );

/** `options` over `defaults`; what is `undefined` is not given. Throws a `TypeError` unless it is an object. */
export const withDefaults = <Defaults extends object>(defaults: Defaults, options: Partial<Defaults>): Defaults => {
  checkObject("options", options);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
};

/** The options with the defaults filled in. Throws a `RangeError` or `TypeError` for a bad one. */
export const meterOptions = (options: MeterOptions): ResolvedMeterOptions => {
  const given = withDefaults(meterDefaults, options);
  checkInteger("maxSeries", given.maxSeries, 1);
  checkNumber("collectorTimeoutMs", given.collectorTimeoutMs, 1);
  checkType("clock", given.clock, typeof given.clock?.now === "function", "an object with a method now()");
  checkType("log", given.log, typeof given.log?.warn === "function", "an object with a method warn()");
  if (options.registry !== undefined) checkRegistry(options.registry);
  return given;
};
