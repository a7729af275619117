import { checkType } from "../checks.ts";
import { MetricsError } from "../errors.ts";
import type { ClientMetric } from "../ports.ts";
import type { Meter } from "./meter.ts";

/** A function sampled as a gauge at each page, or a metric object of either Prometheus client. */
export type CustomCollector = (() => number | Promise<number>) | { get(): unknown };

/** The metrics that a user adds to a monitor: by the name they were added under, the name they have on the page. */
export class CustomMetrics {
  readonly #meter: Meter;
  readonly #names = new Map<string, string>();
  readonly #registered: string[] = [];

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Pairs of the name given and the name on the page. */
  get names(): Iterable<readonly [string, string]> {
    return this.#names;
  }

  /** Registers it. Throws `metric-exists` when the name is taken, `closed` when the meter is. */
  add(name: string, collector: CustomCollector): void {
    if (this.#names.has(name)) throw new MetricsError("metric-exists", `the custom metric ${name} already exists`);
    this.#meter.requireOpen(`a custom metric ${name}`);
    this.#names.set(name, typeof collector === "function" ? this.#sample(name, collector) : this.#register(collector));
  }

  /** Takes off the registry what was put on it. */
  close(): void {
    for (const name of this.#registered) this.#meter.registry.removeSingleMetric(name);
    this.#registered.length = 0;
  }

  #sample(name: string, collector: () => number | Promise<number>): string {
    const collect = async (): Promise<number> => {
      const value = await collector();
      // A gauge's own `collect` may answer nothing; here that would be shown as 0.
      checkType(`what the custom metric ${name} answers`, value, typeof value === "number", "a number");
      return value;
    };
    this.#meter.gauge({ name, help: `Custom metric ${name}`, collect });
    return name;
  }

  /** Puts a client's metric on the registry and answers its name there. */
  #register(collector: { get(): unknown }): string {
    // The clients' types do not show the name that their metrics have.
    const metric = collector as ClientMetric;
    const isMetric = typeof metric?.get === "function" && typeof metric.name === "string";
    checkType("a custom metric", metric, isMetric, "a function or a metric object of a Prometheus client");
    const { registry } = this.#meter;
    const registered = registry.getSingleMetric(metric.name);
    // A metric that its maker put on this registry already is welcome, and stays there when the monitor closes.
    if (registered === metric) return metric.name;
    if (registered !== undefined)
      throw new MetricsError("metric-exists", `the registry already has a metric ${metric.name}`);
    registry.registerMetric(metric as never);
    this.#registered.push(metric.name);
    return metric.name;
  }
}
