import type { EntryTable } from "../entries/entry-table.ts";
import type { Lifetimes } from "../entries/lifetimes.ts";
import type { CacheStrategy } from "../types.ts";
import { Lru } from "./lru.ts";
import type { Policy } from "./policy.ts";
import { SoonestExpiry } from "./soonest-expiry.ts";
import { WindowTinyLfu } from "./window-tiny-lfu.ts";
import { WindowTuner } from "./window-tuner.ts";

/** What a policy is made from. */
export interface PolicyParts {
  readonly table: EntryTable<unknown, unknown>;
  readonly maxSize: number;
  readonly random: () => number;
  /** Called by the one strategy that orders by time. */
  readonly lifetimes: () => Lifetimes;
}

/** The policy of a strategy, over the entries that the table's list 0 holds. */
export const createPolicy = (strategy: CacheStrategy, parts: PolicyParts): Policy => {
  const { table, maxSize, random } = parts;
  switch (strategy) {
    case "adaptive":
      return new WindowTinyLfu(table, maxSize, random, new WindowTuner(maxSize, random));
    case "lfu":
      return new WindowTinyLfu(table, maxSize, random);
    case "lru":
      return new Lru(table.lists);
    case "ttl":
      return new SoonestExpiry(table, parts.lifetimes());
  }
};
