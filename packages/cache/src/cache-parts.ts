import { Weights } from "./entries/weights.ts";
import { EntryOptions } from "./entry-options.ts";
import { EntryStore } from "./entry-store.ts";
import { checkFunction, checkMaxSize, checkStrategy, DEFAULTS } from "./options.ts";
import type { CacheTracer, Clock, Log } from "./ports.ts";
import { Removals } from "./removals.ts";
import { Counters } from "./stats.ts";
import type { CacheOptions } from "./types.ts";

/** What a cache is composed of. */
export interface CacheParts<K, V> {
  readonly store: EntryStore<K, V>;
  readonly counters: Counters;
  readonly removals: Removals<K, V>;
  readonly entryOptions: EntryOptions<K, V>;
  /** What loads need from outside. */
  readonly ports: { readonly clock: Clock; readonly log: Log | undefined; readonly tracer: CacheTracer | undefined };
  readonly random: () => number;
}

/** Checks the options and makes the parts. */
export const createParts = <K, V>(options: CacheOptions<K, V>): CacheParts<K, V> => {
  const random = options.random === undefined ? Math.random : checkFunction("random", options.random);
  const strategy = checkStrategy(options.strategy ?? DEFAULTS.strategy);
  const maxSize = checkMaxSize(options.maxSize);
  const entryOptions = new EntryOptions(options, random);
  const counters = new Counters(options.metrics, options.log);
  const removals = new Removals<K, V>(options.log);
  if (options.onRemoval !== undefined) removals.add(options.onRemoval);
  const weights = entryOptions.maxWeight === undefined ? undefined : new Weights(entryOptions.maxWeight);
  const store = new EntryStore<K, V>({ strategy, maxSize, clock: options.clock, random, counters, removals, weights });
  const ports = { clock: options.clock ?? performance, log: options.log, tracer: options.tracer };
  return { store, counters, removals, entryOptions, ports, random };
};
