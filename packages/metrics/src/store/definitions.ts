import { checkObject, checkOneOf, checkType } from "../checks.ts";
import type { Clock } from "../ports.ts";
import type { Aggregator, FamilyOptions, HistogramOptions } from "../types.ts";
import { Counter } from "./counter.ts";
import type { FamilyDefinition } from "./family.ts";
import { Gauge } from "./gauge.ts";
import { Histogram } from "./histogram.ts";
import { checkMetricName } from "./label-set.ts";
import { QuantileSketch } from "./quantile-sketch.ts";

/** The default limit of a family, as OpenTelemetry's: 2,000 series, without the overflow series. */
export const defaultMaxSeries = 2000;

/**
 * The default bounds, in seconds: those of the Go and Node clients (5 ms to 10 s), so that their queries go on
 * working, and below them 1-2.5-5 steps down to 1 us, because picking a pod takes microseconds: with the Go bounds
 * alone a true median of 2.1 us is read as 2.5 ms.
 */
export const defaultBuckets: readonly number[] = Object.freeze([
  0.000_001, 0.000_002_5, 0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005,
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);

const aggregators: readonly Aggregator[] = ["sum", "first", "min", "max", "average", "omit"];
const noBounds = new Float64Array(0);

const common = (options: FamilyOptions, maxSeries: number) => {
  checkObject("options of a metric", options);
  checkMetricName(options.name);
  if (typeof options.help !== "string" || options.help === "")
    throw new TypeError(`help of ${options.name} must be a sentence, got ${JSON.stringify(options.help)}`);
  const aggregator = options.aggregator ?? "sum";
  checkOneOf(`aggregator of ${options.name}`, aggregator, aggregators);
  return { name: options.name, help: options.help, aggregator, maxSeries };
};

/** Throws a `RangeError` for a name that does not end in `_total`: an OpenMetrics page has no other counters. */
export const counterDefinition = (
  options: FamilyOptions,
  maxSeries: number = defaultMaxSeries,
): FamilyDefinition<Counter> => {
  const shape = common(options, maxSeries);
  if (!shape.name.endsWith("_total"))
    throw new RangeError(`name of a counter must end in "_total", got ${JSON.stringify(shape.name)}`);
  return {
    ...shape,
    type: "counter",
    width: 1,
    bounds: noBounds,
    handle: (slot) => new Counter(slot),
  };
};

export const gaugeDefinition = (
  options: FamilyOptions,
  maxSeries: number = defaultMaxSeries,
): FamilyDefinition<Gauge> => ({
  ...common(options, maxSeries),
  type: "gauge",
  width: 1,
  bounds: noBounds,
  handle: (slot) => new Gauge(slot),
});

const checkBuckets = (buckets: readonly number[]): void => {
  checkType("buckets", buckets, Array.isArray(buckets), "an array of numbers");
  const ascending = buckets.every(
    (bound, index) => Number.isFinite(bound) && (index === 0 || bound > buckets[index - 1]!),
  );
  if (buckets.length === 0 || !ascending)
    throw new RangeError(`buckets must be finite and strictly ascending, got [${buckets.join(", ")}]`);
};

export const histogramDefinition = (
  options: HistogramOptions,
  clock: Clock,
  maxSeries: number = defaultMaxSeries,
): FamilyDefinition<Histogram> => {
  const shape = common(options, maxSeries);
  const { buckets = defaultBuckets, quantiles = false } = options;
  checkBuckets(buckets);
  checkType("quantiles", quantiles, typeof quantiles === "boolean", "a boolean");
  const bounds = Float64Array.of(...buckets, Infinity);
  const sketch = quantiles ? new QuantileSketch() : undefined;
  return {
    ...shape,
    type: "histogram",
    width: bounds.length + 1,
    bounds,
    sketch,
    handle: (slot) => new Histogram(slot, { bounds, clock, sketch }),
    onReset: (handle) => handle.forgetExemplars(),
  };
};
