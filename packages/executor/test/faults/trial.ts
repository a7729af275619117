import { setTimeout as sleep } from "node:timers/promises";
import { RedisStore, type RedisStoreOptions } from "../../src/redis.ts";
import type { Link, ServiceName } from "../../src/types.ts";
import { maxBatch } from "../../src/validate.ts";
import { Fleet } from "./fleet.ts";
import { machineMs } from "./pod-log.ts";
import { longestGapMs, lostLinks, takenFromLiving, unwitnessed, type WrongService, wrongServices } from "./verdict.ts";
import { Writers } from "./writers.ts";

/** What a {@link trial} is held with. */
export interface TrialOptions {
  readonly store: RedisStoreOptions;
  /** The port of the server behind `store`, if pods shall reach it through paths that can be cut. */
  readonly storePort?: number;
  readonly leaseMs?: number;
  readonly pods?: number;
  /** Every writer must be served again so soon after the fault. Default: three leases and 5 s. */
  readonly backWithinMs?: number;
}

/** What a fault may use. */
export interface Stage {
  readonly service: ServiceName;
  readonly fleet: Fleet;
  readonly writers: Writers;
  readonly leaseMs: number;
}

/** What a fault did. */
export interface Damage {
  /** Pods that were killed, frozen or cut off from the store for longer than their lease: their uids may be taken over. */
  readonly victims?: readonly number[];
  /** For how long the store could not be written. */
  readonly outageMs?: number;
}

/** What a fault came to. */
export interface Outcome {
  readonly leaseMs: number;
  readonly outageMs: number;
  /** Requests that ran on a pod that was not the owner, from the pods' own logs. */
  readonly wrongOwners: readonly WrongService[];
  /** How long after the first service of the newer owner an older one still served. */
  readonly longestSplitMs: number;
  /** Uids whose acknowledged link a fresh connection did not find in the store. */
  readonly lost: readonly string[];
  /** Uids that were taken from living pods. */
  readonly tookOver: readonly string[];
  /** The longest that a writer waited for a write to its own uid. */
  readonly ownGapMs: number;
  /** The longest that it waited for one to a fresh uid, whose link was to be made. */
  readonly freshGapMs: number;
  readonly longestGapMs: number;
  readonly links: number;
  readonly writes: number;
}

const defaults = Object.freeze({ leaseMs: 1500, pods: 3, writers: 32, calmMs: 1000, writeForMs: 5000 });

/** Read by a connection of its own, so that no client's memory answers. */
const readLinks = async (options: RedisStoreOptions, service: ServiceName, uids: readonly string[]) => {
  await using store = new RedisStore({ ...options, timeoutMs: 10_000 });
  const links = new Map<string, Link>();
  for (let start = 0; start < uids.length; start += maxBatch) {
    const batch = uids.slice(start, start + maxBatch);
    for (const [index, link] of (await store.getLinks(service, batch)).entries()) {
      if (link) links.set(batch[index]!, link);
    }
  }
  return links;
};

let trials = 0;

/** Puts a fleet of pods under writers, lets the fault happen, waits until all are served again, and judges by the logs. */
export const trial = async (options: TrialOptions, fault: (stage: Stage) => Promise<Damage>): Promise<Outcome> => {
  const { store, storePort, leaseMs = defaults.leaseMs, pods = defaults.pods } = options;
  const { backWithinMs = 3 * leaseMs + 5000 } = options;
  const name = { namespace: "faults", service: `trial-${process.pid}-${trials++}` };
  await using fleet = new Fleet({ ...name, store, storePort, leaseMs });
  await Promise.all(Array.from({ length: pods }, (_, id) => fleet.start(id)));
  await using writers = new Writers({ ...name, store }, defaults.writers);
  const startMs = machineMs();
  await writers.served(backWithinMs);
  await sleep(defaults.calmMs);

  const { victims = [], outageMs = 0 } = await fault({ service: name, fleet, writers, leaseMs });
  await writers.served(backWithinMs);
  // A pod that woke up, or a master that came back, has a whole lease to do harm.
  await sleep(Math.max(leaseMs, startMs + defaults.writeForMs - machineMs()));
  await writers.stop();
  const acknowledged = new Map(writers.links);
  const stored = await readLinks(store, name, [...acknowledged.keys()]);
  await writers.sweep(backWithinMs);
  await fleet.stop();

  const logs = fleet.logs();
  const missing = unwitnessed(writers.acknowledged(), logs);
  if (missing.length > 0) throw new Error(`no pod's log knows of ${JSON.stringify(missing.slice(0, 5))}`);
  const wrongOwners = wrongServices(logs);
  const ownGapMs = longestGapMs(writers.own.flat());
  const freshGapMs = longestGapMs(writers.fresh.flat());
  return {
    ...{ leaseMs, outageMs, wrongOwners, ownGapMs, freshGapMs },
    longestSplitMs: Math.max(0, ...wrongOwners.map(({ lateMs }) => lateMs)),
    lost: lostLinks(acknowledged, stored, new Set(victims)),
    tookOver: takenFromLiving(logs, new Set(victims)),
    longestGapMs: Math.max(ownGapMs, freshGapMs),
    links: acknowledged.size,
    writes: writers.acknowledged().length,
  };
};
