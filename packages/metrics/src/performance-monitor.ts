import type { Server } from "node:http";
import { checkObject } from "./checks.ts";
import type { FetchHandler, NodeHandler } from "./expose/handlers.ts";
import { type CustomCollector, CustomMetrics } from "./meter/custom-metrics.ts";
import { Meter } from "./meter/meter.ts";
import { type InstrumentOptions, instrumentServer } from "./middleware/instrument.ts";
import { type MeterOptions, meterDefaults, withDefaults } from "./options.ts";
import type { ClientReading, ClientRegistry } from "./ports.ts";
import { routeBlock } from "./route/route-block.ts";
import {
  createRouteFamilies,
  type DurationName,
  type RouteFamilies,
  routeMetricNames,
} from "./route/route-families.ts";
import { RouteRecorder } from "./route/route-recorder.ts";
import { hitRateOf, type Snapshot, snapshotOf } from "./route/snapshot.ts";
import type { Counter } from "./store/counter.ts";
import { defaultBuckets } from "./store/definitions.ts";
import type { Gauge } from "./store/gauge.ts";
import { LabelTree } from "./store/label-tree.ts";
import type { Labeled } from "./store/labeled.ts";
import type { LabeledHistogram } from "./store/labeled-histogram.ts";
import type { CounterOptions, Format, GaugeOptions, HistogramOptions, Labels, LabelValue, Page } from "./types.ts";

/** What a {@link PerformanceMonitor} can be told. */
export interface PerformanceMonitorOptions extends MeterOptions {
  /** Names of labels whose values `labels()` gives, e.g. `["service", "pod", "strategy"]`. Default none. */
  readonly labelNames?: readonly string[];
  /** Upper bounds of the three duration histograms, in seconds. Default {@link defaultBuckets}. */
  readonly buckets?: readonly number[];
  /** Keep in-process quantiles of the three durations: 12 KiB each and about 10 ns a record. Default false. */
  readonly quantiles?: boolean;
}

/** The defaults of {@link PerformanceMonitorOptions}. */
export const monitorDefaults: Required<Omit<PerformanceMonitorOptions, "registry">> = Object.freeze({
  ...meterDefaults,
  labelNames: Object.freeze([]),
  buckets: defaultBuckets,
  quantiles: false,
});

/**
 * The eleven metrics of stateful routing: recorded in nanoseconds, read by any Prometheus. The monitor is itself the
 * recorder of the series without dynamic labels.
 */
export class PerformanceMonitor extends RouteRecorder implements Disposable {
  readonly #meter: Meter;
  readonly #families: RouteFamilies;
  readonly #custom: CustomMetrics;
  readonly #labelNames: readonly string[];
  readonly #recorders: LabelTree<RouteRecorder>;
  readonly #instrumented = new Set<Disposable>();
  #recorderCount = 0;

  /** Throws a `RangeError` or `TypeError` for a bad option, a `MetricsError` for a name that is taken. */
  constructor(options: PerformanceMonitorOptions = {}) {
    const { labelNames, buckets, quantiles, maxSeries } = withDefaults(monitorDefaults, options);
    const meter = new Meter(options);
    const families = createRouteFamilies(meter, { labelNames, buckets, quantiles });
    super(
      routeBlock(
        families,
        labelNames.map(() => ""),
      ),
    );
    this.#meter = meter;
    this.#families = families;
    this.#custom = new CustomMetrics(meter);
    this.#labelNames = [...labelNames];
    const recorder = (values: readonly LabelValue[]): RouteRecorder => new RouteRecorder(routeBlock(families, values));
    this.#recorders = new LabelTree<RouteRecorder>(
      labelNames.length,
      (values) => (this.#recorderCount++ < maxSeries ? recorder(values) : undefined),
      recorder,
    );
  }

  /** The registry that the metrics are on: that of the options, or the monitor's own. */
  get registry(): ClientRegistry {
    return this.#meter.registry;
  }

  /**
   * The recorder for these values of the `labelNames`; what is left out has no such label. Keep it where it is used
   * often. Throws a `TypeError` for a label that is not in `labelNames`.
   */
  labels(values: Labels): RouteRecorder {
    return this.#recorders.at(this.#inOrder(values));
  }

  /** Takes the series of these label values off the pages, e.g. when a pod is gone. Recorders of them go silent. */
  removeLabels(values: Labels): void {
    this.#families.remove(this.#inOrder(values));
    this.#recorders.clear();
    this.#recorderCount = 0;
  }

  /** A family of counters of your own. Throws `metric-exists`, `metric-mismatch` or `closed`. */
  counter(options: CounterOptions): Labeled<Counter> {
    return this.#meter.counter(options);
  }

  /** A family of gauges of your own. Throws `metric-exists`, `metric-mismatch` or `closed`. */
  gauge(options: GaugeOptions): Labeled<Gauge> {
    return this.#meter.gauge(options);
  }

  /** A family of histograms of your own. Throws `metric-exists`, `metric-mismatch` or `closed`. */
  histogram(options: HistogramOptions): LabeledHistogram {
    return this.#meter.histogram(options);
  }

  /**
   * Registers a function, sampled as a gauge `name` at each page, or a metric object of either Prometheus client.
   * Throws `metric-exists` when the name is taken, `metric-mismatch` when it is one of our other families, `closed`.
   * What is no finite number when it is sampled is a failure of the collector.
   */
  addCustomMetric(name: string, collector: CustomCollector): void {
    this.#custom.add(name, collector);
  }

  /** All metrics with their samples, in the shape of the clients' JSON, by the Go version's keys and the custom names. */
  async metrics(): Promise<Record<string, ClientReading>> {
    const names = [...Object.entries(routeMetricNames), ...this.#custom.names];
    const readings = await Promise.all(names.map(async ([key, name]) => [key, await this.#meter.read(name)] as const));
    return Object.fromEntries(readings.filter((entry): entry is [string, ClientReading] => entry[1] !== undefined));
  }

  /** The current numbers of the eleven metrics. */
  snapshot(): Snapshot {
    return snapshotOf(this.#families);
  }

  /** Cache hits per look-up, from 0 to 1; 0 without traffic. */
  hitRate(): number {
    return hitRateOf(this.#families);
  }

  /**
   * A duration in milliseconds at `ratio` (0 to 1) over all label values since the start or a reset, within 1.6 %.
   * `undefined` without the option `quantiles` or without a record. Throws a `RangeError` for another ratio or duration.
   */
  quantileMs(ratio: number, of: DurationName = "request_duration"): number | undefined {
    const seconds = this.#families.duration(of).quantile(ratio);
    return seconds === undefined ? undefined : seconds * 1000;
  }

  /** A page of everything on the registry. A metric that fails is left out and counted. */
  render(format: Format = "prometheus"): Promise<Page> {
    return this.#meter.render(format);
  }

  /** A listener of node:http for the scrape path: format by `Accept`, gzip by `Accept-Encoding`, GET and HEAD. */
  metricsHandler(): NodeHandler {
    return this.#meter.metricsHandler();
  }

  /** The same for fetch-style servers. */
  fetchHandler(): FetchHandler {
    return this.#meter.fetchHandler();
  }

  /** Records every request of a node:http server until the result is disposed of or the monitor closed. Throws `closed`. */
  instrument(server: Server, options?: InstrumentOptions): Disposable {
    this.#meter.requireOpen("a server's requests");
    const instrumented = instrumentServer(server, this, options);
    this.#instrumented.add(instrumented);
    return {
      [Symbol.dispose]: () => {
        this.#instrumented.delete(instrumented);
        instrumented[Symbol.dispose]();
      },
    };
  }

  /** Unregisters and stops everything. Recording goes on without effect. Closing twice is fine. */
  close(): void {
    for (const instrumented of this.#instrumented) instrumented[Symbol.dispose]();
    this.#instrumented.clear();
    this.#custom.close();
    this.#meter.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #inOrder(values: Labels): LabelValue[] {
    checkObject("labels", values);
    for (const name of Object.keys(values))
      if (!this.#labelNames.includes(name))
        throw new TypeError(`the label ${name} is not one of labelNames [${this.#labelNames.join(", ")}]`);
    return this.#labelNames.map((name) => (Object.hasOwn(values, name) ? (values[name] ?? "") : ""));
  }
}
