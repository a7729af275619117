import { Registry } from "prom-client";
import { checkFunction, checkNumber, checkOneOf, checkType } from "../checks.ts";
import { MetricsError } from "../errors.ts";
import { contentTypes } from "../expose/formats.ts";
import { type FetchHandler, fetchHandler, type NodeHandler, nodeHandler } from "../expose/handlers.ts";
import { type PageSource, pageSlices, readMetric } from "../expose/page.ts";
import { type MeterOptions, meterOptions, type ResolvedMeterOptions } from "../options.ts";
import type { ClientMetric, ClientReading, ClientRegistry } from "../ports.ts";
import { type Catalog, catalogOf } from "../registry/catalog.ts";
import { Collector } from "../store/collector.ts";
import type { Counter } from "../store/counter.ts";
import { counterDefinition, gaugeDefinition, histogramDefinition } from "../store/definitions.ts";
import type { Family, FamilyDefinition } from "../store/family.ts";
import type { Gauge } from "../store/gauge.ts";
import { checkLabelNames, constantLabels, type LabelSet } from "../store/label-set.ts";
import { Labeled } from "../store/labeled.ts";
import { LabeledHistogram } from "../store/labeled-histogram.ts";
import type { CounterOptions, Format, GaugeOptions, HistogramOptions, Page } from "../types.ts";

/** Makes families of counters, gauges and histograms on a registry, and pages of everything on it. */
export class Meter implements Disposable {
  /** The registry of the options, or the meter's own. */
  readonly registry: ClientRegistry;
  readonly #catalog: Catalog;
  readonly #constants: LabelSet;
  readonly #options: ResolvedMeterOptions;
  readonly #source: PageSource;
  readonly #closers: (() => void)[] = [];
  #closed = false;

  /** Throws a `RangeError` or `TypeError` that names the option, the rule and the value. */
  constructor(options: MeterOptions = {}) {
    this.#options = meterOptions(options);
    this.#constants = constantLabels(this.#options.labels);
    this.registry = options.registry ?? new Registry();
    this.#catalog = catalogOf(this.registry);
    this.#source = {
      registry: this.registry,
      catalog: this.#catalog,
      collectorTimeoutMs: this.#options.collectorTimeoutMs,
    };
    const told = this.#catalog.incidents.onFailure((metric, error) =>
      this.#options.log.warn(`reading the metric ${metric} failed`, error),
    );
    this.#closers.push(() => told[Symbol.dispose]());
  }

  /** A family of counters. Throws `metric-exists`, `metric-mismatch` or `closed`. */
  counter(options: CounterOptions): Labeled<Counter> {
    const family = this.#acquire(counterDefinition(options, this.#options.maxSeries), options);
    if (options.collect) this.#addCollector(family, options.collect, 0);
    return this.#view(new Labeled(family, this.#constants, options.labelNames ?? [], this.#onOverflow));
  }

  /** A family of gauges. Throws `metric-exists`, `metric-mismatch` or `closed`. */
  gauge(options: GaugeOptions): Labeled<Gauge> {
    const definition = gaugeDefinition(options, this.#options.maxSeries);
    const { collect, collectIntervalMs = 0 } = options;
    checkNumber("collectIntervalMs", collectIntervalMs, 0);
    const family = this.#acquire(definition, options);
    const gauges = this.#view(new Labeled(family, this.#constants, options.labelNames ?? [], this.#onOverflow));
    const sample = async (): Promise<void> => {
      const value = await collect?.();
      if (value !== undefined) gauges.labels().set(value);
    };
    if (collect) this.#addCollector(family, sample, collectIntervalMs);
    return gauges;
  }

  /** A family of histograms. Throws `metric-exists`, `metric-mismatch` or `closed`. */
  histogram(options: HistogramOptions): LabeledHistogram {
    const definition = histogramDefinition(options, this.#options.clock, this.#options.maxSeries);
    const family = this.#acquire(definition, options);
    if (options.collect) this.#addCollector(family, options.collect, 0);
    return this.#view(new LabeledHistogram(family, this.#constants, options.labelNames ?? [], this.#onOverflow));
  }

  /** One metric of the registry, in the clients' shape; `undefined` if there is none or it fails, which is counted. */
  async read(name: string): Promise<ClientReading | undefined> {
    const metric = this.registry.getSingleMetric(name);
    return metric === undefined ? undefined : readMetric(metric as ClientMetric, this.#source, false);
  }

  /**
   * A page of everything on the registry, the metrics of others included. Never rejects for a failing metric: that one
   * is left out and counted.
   */
  async render(format: Format = "prometheus"): Promise<Page> {
    checkOneOf("format", format, Object.keys(contentTypes));
    let body = "";
    for await (const slice of pageSlices(this.#source, format)) body += slice;
    return { contentType: contentTypes[format], body };
  }

  /** A listener of node:http for the scrape path: format by `Accept`, gzip by `Accept-Encoding`, GET and HEAD. */
  metricsHandler(): NodeHandler {
    return nodeHandler(this.#source);
  }

  /** The same for fetch-style servers. */
  fetchHandler(): FetchHandler {
    return fetchHandler(this.#source);
  }

  /** Throws `closed` when it is, and says that it can give no `what`. */
  requireOpen(what: string): void {
    if (this.#closed) throw new MetricsError("closed", `the meter is closed, so there cannot be ${what}`);
  }

  /** Takes the meter's families off the registry, where nobody else uses them. Handles go on, unseen. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const close of this.#closers.reverse()) close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #onOverflow = (family: string): void => this.#catalog.incidents.countOverflow(family);

  #acquire<Handle>(definition: FamilyDefinition<Handle>, options: CounterOptions | GaugeOptions): Family<Handle> {
    const { labelNames = [], collect } = options;
    checkType("labelNames", labelNames, Array.isArray(labelNames), "an array of strings");
    checkFunction("collect", collect);
    this.requireOpen(`a metric ${definition.name}`);
    checkLabelNames([...Object.keys(this.#constants), ...labelNames]);
    const family = this.#catalog.acquire(definition);
    this.#closers.push(() => this.#catalog.release(definition.name));
    return family;
  }

  #view<View extends Labeled<object>>(view: View): View {
    this.#closers.push(() => view.release());
    return view;
  }

  #addCollector(family: Family, run: () => void | Promise<void>, intervalMs: number): void {
    const { collectorTimeoutMs: timeoutMs, clock } = this.#options;
    const collector = new Collector(run, { intervalMs, timeoutMs, clock });
    family.collectors.add(collector);
    this.#closers.push(() => family.collectors.delete(collector));
  }
}
