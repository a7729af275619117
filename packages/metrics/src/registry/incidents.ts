import type { Counter } from "../store/counter.ts";
import { counterDefinition } from "../store/definitions.ts";
import type { Family, FamilyDefinition } from "../store/family.ts";
import { Labeled } from "../store/labeled.ts";

const failures = counterDefinition({
  name: "stateful_route_metrics_collector_failures_total",
  help: "Readings of a metric that failed and cost it its samples on that page",
});
const overflow = counterDefinition({
  name: "stateful_route_metrics_overflow_total",
  help: "Look-ups of label values that found the family full and got its overflow series",
});

/** Counts what went wrong, per metric, in counters that appear with the first incident. */
export class Incidents {
  readonly #acquire: (definition: FamilyDefinition<Counter>) => Family<Counter>;
  readonly #counters = new Map<string, Labeled<Counter>>();
  readonly #listeners = new Set<(metric: string, error: unknown) => void>();
  readonly #told = new Set<string>();

  constructor(acquire: (definition: FamilyDefinition<Counter>) => Family<Counter>) {
    this.#acquire = acquire;
  }

  /** A collector of `metric` failed. The listeners are told the first time. */
  countFailure(metric: string, error: unknown): void {
    this.#count(failures, metric);
    if (this.#told.has(metric)) return;
    this.#told.add(metric);
    for (const listener of this.#listeners) listener(metric, error);
  }

  /** Label values found the family `metric` full. */
  countOverflow(metric: string): void {
    this.#count(overflow, metric);
  }

  /** Calls `listener` for the first failure of each metric. */
  onFailure(listener: (metric: string, error: unknown) => void): Disposable {
    const own = (metric: string, error: unknown): void => listener(metric, error);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** The families that there are so far. */
  get names(): readonly string[] {
    return [...this.#counters.keys()];
  }

  /** Forgets everything, and gives each family up with `release`. */
  forget(release: (name: string) => void): void {
    const names = this.names;
    this.#counters.clear();
    this.#told.clear();
    for (const name of names) release(name);
  }

  #count(definition: FamilyDefinition<Counter>, metric: string): void {
    let counter = this.#counters.get(definition.name);
    if (counter === undefined) {
      // One series per metric name on the registry: bounded by code, not by input.
      counter = new Labeled(this.#acquire(definition), {}, ["metric"], () => undefined);
      this.#counters.set(definition.name, counter);
    }
    counter.labels(metric).inc();
  }
}
