import { setTimeout as sleep } from "node:timers/promises";
import type { RedisStoreOptions } from "../../src/redis.ts";
import type { ServiceName } from "../../src/types.ts";
import { Fleet } from "./fleet.ts";
import type { Acknowledgement } from "./gateway.ts";
import { machineMs, type PodLog } from "./pod-log.ts";
import { readLinks } from "./redis-admin.ts";
import {
  longestGapMs,
  lostCounters,
  lostLinks,
  outranked,
  takenFromLiving,
  unwitnessed,
  type WrongService,
  withoutHandedBack,
  wrongServices,
} from "./verdict.ts";
import { Writers } from "./writers.ts";

/** What a {@link trial} is held with. */
export interface TrialOptions {
  readonly store: RedisStoreOptions;
  /** The port of the server behind `store`, if pods shall reach it through paths that can be cut. */
  readonly storePort?: number;
  readonly leaseMs?: number;
  readonly pods?: number;
  /** How long gateways wait for an answer, where nothing is silent. */
  readonly answerTimeoutMs?: number;
}

/** What a fault may use. */
export interface Stage {
  readonly service: ServiceName;
  readonly fleet: Fleet;
  readonly leaseMs: number;
}

/** What a fault did. */
export interface Damage {
  /** Pods that were killed, frozen or cut off from the store for longer than their lease: their uids may be taken over. */
  readonly victims?: readonly number[];
  /** Pods that left as planned: links that they have not taken up go back to placement. */
  readonly leaving?: readonly number[];
  /** For how long the store could not be written. */
  readonly outageMs?: number;
  /** Uids besides those of the writers. */
  readonly uids?: readonly string[];
}

/** What a fault came to. */
export interface Outcome {
  readonly leaseMs: number;
  readonly outageMs: number;
  /** Requests that ran on a pod that was not the owner, from the pods' own logs. */
  readonly wrongOwners: readonly WrongService[];
  /** How long after the first service of a newer owner an older one still served. */
  readonly longestSplitMs: number;
  /** Uids that have lost a link which was acknowledged, as a fresh connection sees the store. */
  readonly lost: readonly string[];
  /** Uids for which the store does not have the highest fence that was served. */
  readonly outranked: readonly string[];
  /** Uids whose counter was moved and did not go on where it was. */
  readonly lostCounters: readonly string[];
  /** Requests that failed at their gateway since the fault. */
  readonly failed: number;
  readonly requestsPerSecond: number;
  /** Uids that were taken from living pods. */
  readonly tookOver: readonly string[];
  /** After the fault, until the store had the links again that pods held before it. */
  readonly restoredMs: number;
  /** The longest that a writer waited for a write to its own uid, which a pod held before the fault. */
  readonly ownGapMs: number;
  /** The longest that it waited for one to a fresh uid, whose link was to be made. */
  readonly freshGapMs: number;
  readonly longestGapMs: number;
  /** Uids that had a link. */
  readonly links: number;
}

const defaults = Object.freeze({ leaseMs: 2000, pods: 3, writers: 32, calmMs: 1000, writeForMs: 5000 });

/** How long it takes from now until the store has a link for each of `uids` again; `Infinity` after `withinMs`. */
const restored = async (
  store: RedisStoreOptions,
  service: ServiceName,
  uids: readonly string[],
  withinMs: number,
): Promise<number> => {
  const startMs = machineMs();
  for (;;) {
    const links = await readLinks(store, service, uids).catch(() => undefined);
    const passedMs = machineMs() - startMs;
    if (links?.size === uids.length) return passedMs;
    if (passedMs > withinMs) return Number.POSITIVE_INFINITY;
    await sleep(5);
  }
};

/** What the logs and the clients' acknowledgements say once everything has ended. */
const judge = (
  logs: readonly PodLog[],
  writers: Writers,
  {
    faultMs,
    endMs,
    victims,
  }: { readonly faultMs: number; readonly endMs: number; readonly victims: readonly number[] },
) => {
  const missing = unwitnessed(writers.acknowledged(), logs);
  if (missing.length > 0) throw new Error(`no pod's log knows of ${JSON.stringify(missing.slice(0, 5))}`);
  const since = (loops: readonly (readonly Acknowledgement[])[]) => loops.flat().filter(({ atMs }) => atMs > faultMs);
  const wrongOwners = wrongServices(logs);
  const [ownGapMs, freshGapMs] = [longestGapMs(since(writers.own)), longestGapMs(since(writers.fresh))];
  return {
    ...{ wrongOwners, ownGapMs, freshGapMs, longestGapMs: Math.max(ownGapMs, freshGapMs) },
    longestSplitMs: Math.max(0, ...wrongOwners.map(({ lateMs }) => lateMs)),
    tookOver: takenFromLiving(logs, new Set(victims)),
    lostCounters: lostCounters(logs),
    requestsPerSecond: (since([...writers.own, ...writers.fresh]).length * 1000) / (endMs - faultMs),
  };
};

let trials = 0;

/** Puts a fleet of pods under writers, lets the fault happen, waits until all are served again, and judges by the logs. */
export const trial = async (options: TrialOptions, fault: (stage: Stage) => Promise<Damage>): Promise<Outcome> => {
  const { store, storePort, leaseMs = defaults.leaseMs, pods = defaults.pods, answerTimeoutMs } = options;
  const service = { namespace: "faults", service: `trial-${process.pid}-${trials++}` };
  const backWithinMs = 3 * leaseMs + 5000;
  await using fleet = new Fleet({ ...service, store, storePort, leaseMs });
  await Promise.all(Array.from({ length: pods }, (_, id) => fleet.start(id)));
  await using writers = new Writers({ ...service, store, answerTimeoutMs }, defaults.writers);
  const startMs = machineMs();
  await writers.served(backWithinMs);
  await sleep(defaults.calmMs);

  const [heldBefore, failedBefore, faultMs] = [writers.uids(), writers.failed(), machineMs()];
  const { victims = [], leaving = [], outageMs = 0, uids = [] } = await fault({ service, fleet, leaseMs });
  const restoring = restored(store, service, heldBefore, leaseMs);
  await writers.served(backWithinMs);
  // Time for a pod that woke up, or a master that came back, to do harm.
  await sleep(Math.max(defaults.calmMs, leaseMs / 2, startMs + defaults.writeForMs - machineMs()));
  await writers.stop();
  const [endMs, failed, restoredMs] = [machineMs(), writers.failed() - failedBefore, await restoring];

  // Before the sweep, which has dead pods' uids taken over that nobody has asked for so far.
  const stored = await readLinks(store, service, [...writers.links.keys(), ...uids]);
  const logs = fleet.logs();
  const told = withoutHandedBack(writers.links, logs, new Set(leaving));
  const lost = lostLinks(told, stored, new Set(victims));
  const found = { lost, links: told.size, outranked: outranked(logs, stored), restoredMs, failed };
  await writers.sweep([...writers.uids(), ...uids], backWithinMs);
  await fleet.stopAll();
  return { leaseMs, outageMs, ...found, ...judge(fleet.logs(), writers, { faultMs, endMs, victims }) };
};
