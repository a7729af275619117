import { MetricsError } from "../errors.ts";
import type { ClientRegistry } from "../ports.ts";
import { Family, type FamilyDefinition } from "../store/family.ts";
import { Incidents } from "./incidents.ts";
import { RegisteredFamily } from "./registered-family.ts";

interface Entry {
  readonly family: Family;
  readonly metric: RegisteredFamily;
  users: number;
}

/**
 * The families of one registry, shared by all who use that registry, so that two monitors on it meet in one family
 * instead of clashing over its name.
 */
export class Catalog {
  readonly #registry: ClientRegistry;
  readonly #entries = new Map<string, Entry>();
  /** What went wrong on this registry. */
  readonly incidents: Incidents = new Incidents((definition) => this.acquire(definition));

  constructor(registry: ClientRegistry) {
    this.#registry = registry;
  }

  /**
   * The family of this definition for one more user, registered if it is new.
   * Throws `metric-exists` for a name that a foreign metric has, `metric-mismatch` for a family that is not the same.
   */
  acquire<Handle>(definition: FamilyDefinition<Handle>): Family<Handle> {
    const { name } = definition;
    const known = this.#entries.get(name);
    if (known !== undefined) checkSame(known.family.definition, definition);
    const entry = known ?? this.#entryOf(new Family<Handle>(definition));
    const registered = this.#registry.getSingleMetric(name);
    if (registered !== undefined && registered !== entry.metric)
      throw new MetricsError("metric-exists", `the registry already has a metric ${name}`);
    // Also after a registry.clear(), which drops a metric without telling it.
    if (registered === undefined) this.#registry.registerMetric(entry.metric as never);
    this.#entries.set(name, entry);
    entry.users++;
    return entry.family as Family<Handle>;
  }

  /** Gives a family up; with its last user it leaves the registry. */
  release(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined || --entry.users > 0) return;
    this.#entries.delete(name);
    if (this.#registry.getSingleMetric(name) === entry.metric) this.#registry.removeSingleMetric(name);
    const last = this.incidents.names;
    if (last.length > 0 && last.length === this.#entries.size) this.incidents.forget((own) => this.release(own));
  }

  /** Runs a family's collectors; false when one failed. */
  async collect(family: Family): Promise<boolean> {
    for (const collector of family.collectors) {
      try {
        await collector.collect();
      } catch (error) {
        this.incidents.countFailure(family.name, error);
        return false;
      }
    }
    return true;
  }

  #entryOf(family: Family): Entry {
    return { family, metric: new RegisteredFamily(family, () => this.collect(family)), users: 0 };
  }
}

const checkSame = (known: FamilyDefinition<unknown>, asked: FamilyDefinition<unknown>): void => {
  const differs =
    known.type !== asked.type
      ? "type"
      : known.help !== asked.help
        ? "help"
        : known.aggregator !== asked.aggregator
          ? "aggregator"
          : known.bounds.join() !== asked.bounds.join()
            ? "buckets"
            : (known.sketch === undefined) !== (asked.sketch === undefined)
              ? "quantiles"
              : undefined;
  if (differs !== undefined)
    throw new MetricsError("metric-mismatch", `${known.name} exists on this registry with another ${differs}`);
};

const catalogs = new WeakMap<ClientRegistry, Catalog>();

/** The one catalog of a registry. */
export const catalogOf = (registry: ClientRegistry): Catalog => {
  let catalog = catalogs.get(registry);
  if (catalog === undefined) {
    catalog = new Catalog(registry);
    catalogs.set(registry, catalog);
  }
  return catalog;
};
