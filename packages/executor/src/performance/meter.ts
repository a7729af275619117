/** A family of series of one metric. `labels` takes the values in the order of the label names. */
export interface MetricFamily<Handle> {
  labels(...values: string[]): Handle;
}

/** One counter series. */
export interface CounterHandle {
  inc(amount?: number): void;
}

/** One gauge series. */
export interface GaugeHandle {
  set(value: number): void;
}

/** One histogram series. */
export interface HistogramHandle {
  observe(value: number): void;
}

/** What identifies a family. */
export interface FamilyOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** What identifies a histogram; `buckets` are ascending upper bounds without `+Inf`. */
export interface HistogramOptions extends FamilyOptions {
  readonly buckets: number[];
}

/** Makes families on a registry of the caller's. A `Meter` or `PerformanceMonitor` of `@route/metrics` fits as it is. */
export interface MeterPort {
  counter(options: FamilyOptions): MetricFamily<CounterHandle>;
  gauge(options: FamilyOptions): MetricFamily<GaugeHandle>;
  histogram(options: HistogramOptions): MetricFamily<HistogramHandle>;
}

type Registered<Options, Registry> = Options & { readonly registers: Registry[] };

/** The metric classes of a Prometheus client: the modules `prom-client` and `@prometheus-io/client` fit. */
export interface PrometheusClient<Registry> {
  readonly Counter: new (options: Registered<FamilyOptions, Registry>) => MetricFamily<CounterHandle>;
  readonly Gauge: new (options: Registered<FamilyOptions, Registry>) => MetricFamily<GaugeHandle>;
  readonly Histogram: new (options: Registered<HistogramOptions, Registry>) => MetricFamily<HistogramHandle>;
}

/** Makes families with a Prometheus client on `registry`; the client's global registry is not touched. */
export const prometheusMeter = <Registry>(client: PrometheusClient<Registry>, registry: Registry): MeterPort => {
  const registers = [registry];
  return {
    counter: (options) => new client.Counter({ ...options, registers }),
    gauge: (options) => new client.Gauge({ ...options, registers }),
    histogram: (options) => new client.Histogram({ ...options, registers }),
  };
};
