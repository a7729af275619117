import type { ClientReading } from "../ports.ts";
import type { Family } from "../store/family.ts";
import { readingOf } from "./reading.ts";

/** A family as the metric object that both Prometheus clients' registries expect. */
export class RegisteredFamily {
  readonly #family: Family;
  readonly #collect: () => Promise<boolean>;
  #forOpenMetrics = false;

  /** `collect` fills the family and answers whether that went well. */
  constructor(family: Family, collect: () => Promise<boolean>) {
    this.#family = family;
    this.#collect = collect;
  }

  /** The family behind a registry's metric object, if it is one of ours. */
  static familyOf(metric: unknown): Family | undefined {
    return typeof metric === "object" && metric !== null && #family in metric ? metric.#family : undefined;
  }

  get name(): string {
    return this.#family.name;
  }

  // An OpenMetrics page of the clients renames each counter, for good, right before it asks for its samples. Here the
  // assignment only says what the next reading is for.
  set name(_stripped: string) {
    this.#forOpenMetrics = true;
  }

  get help(): string {
    return this.#family.definition.help;
  }

  get type(): string {
    return this.#family.definition.type;
  }

  get aggregator(): string {
    return this.#family.definition.aggregator;
  }

  /** What `registry.getMetricsAsJSON()` asks for. */
  get(): Promise<ClientReading> {
    return this.#read(this.#family.name, false);
  }

  /** What `registry.metrics()` asks for. */
  getForPromString(): Promise<ClientReading> {
    const name = this.#forOpenMetrics ? this.#family.name.replace(/_total$/, "") : this.#family.name;
    this.#forOpenMetrics = false;
    return this.#read(name, true);
  }

  /** Sets everything to zero; no series vanishes. */
  reset(): void {
    this.#family.reset();
  }

  async #read(name: string, shared: boolean): Promise<ClientReading> {
    return readingOf(this.#family, name, { shared, whole: await this.#collect() });
  }
}
