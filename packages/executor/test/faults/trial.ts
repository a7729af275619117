import { setTimeout as sleep } from "node:timers/promises";
import type { RedisStoreOptions } from "../../src/redis.ts";
import type { ServiceName } from "../../src/types.ts";
import { until } from "../until.ts";
import { Fleet } from "./fleet.ts";
import type { Acknowledgement } from "./gateway.ts";
import { machineMs, type PodLog } from "./pod-log.ts";
import { readLinks } from "./redis-admin.ts";
import {
  heldOf,
  heldTwice,
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

/** How patient everybody is. */
export interface Conditions {
  readonly leaseMs: number;
  readonly storeTimeoutMs: number;
  /** So long a gateway waits for a pod's answer, and sends again what did not run. */
  readonly answerTimeoutMs: number;
  readonly resendForMs: number;
  /** After a fault everybody must be served again within this time. */
  readonly backWithinMs: number;
}

/** For measuring times on a machine that has nothing else to do. */
export const quiet: Conditions = Object.freeze({
  ...{ leaseMs: 2000, storeTimeoutMs: 500, answerTimeoutMs: 250, resendForMs: 1000, backWithinMs: 30_000 },
});

/** For judging ownership on a machine that may be slow and has other things to do. */
export const busy: Conditions = Object.freeze({
  ...{ leaseMs: 4000, storeTimeoutMs: 1000, answerTimeoutMs: 1000, resendForMs: 2000, backWithinMs: 120_000 },
});

/** What a {@link trial} is held with. */
export interface TrialOptions extends Conditions {
  readonly store: RedisStoreOptions;
  /** The port of the server behind `store`, if pods shall reach it through paths that can be cut. */
  readonly storePort?: number;
  readonly pods?: number;
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
  readonly answerTimeoutMs: number;
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
  /** The longest that a writer waited for a write to its own uid, which a pod held and all gateways knew before the fault. */
  readonly ownGapMs: number;
  /** The longest that it waited for one to a fresh uid, whose link was to be made. */
  readonly freshGapMs: number;
  readonly longestGapMs: number;
  /** Uids that had a link. */
  readonly links: number;
}

const defaults = Object.freeze({ pods: 3, writers: 32, calmMs: 1000, writeForMs: 5000 });

/** How long it takes from now until the store has a link for each of the uids that pods hold. */
const restored = async (
  store: RedisStoreOptions,
  service: ServiceName,
  heldUids: () => readonly string[],
  withinMs: number,
): Promise<number> => {
  const startMs = machineMs();
  const hasAll = async (): Promise<boolean> => {
    // Asked each time: on a busy machine a pod may lose its lease, and with it what it would have written again.
    const uids = heldUids();
    return (await readLinks(store, service, uids).catch(() => undefined))?.size === uids.length;
  };
  await until("the links of held uids are back", hasAll, withinMs);
  return machineMs() - startMs;
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

/**
 * Puts a fleet of pods under writers, lets the fault happen, waits until all are served again by one owner each, and judges
 * by the logs.
 */
export const trial = async (options: TrialOptions, fault: (stage: Stage) => Promise<Damage>): Promise<Outcome> => {
  const { storePort, leaseMs, storeTimeoutMs, answerTimeoutMs, resendForMs, backWithinMs } = options;
  const { pods = defaults.pods } = options;
  const service = { namespace: "faults", service: `trial-${process.pid}-${trials++}` };
  const store = { ...options.store, timeoutMs: storeTimeoutMs };
  await using fleet = new Fleet({ ...service, store, storePort, leaseMs });
  await Promise.all(Array.from({ length: pods }, (_, id) => fleet.start(id)));
  await using writers = new Writers({ ...service, store, answerTimeoutMs, resendForMs }, defaults.writers);
  const startMs = machineMs();
  await writers.served(backWithinMs);
  await until("all gateways know who holds the writers' uids", () => writers.isKnownEverywhere(), backWithinMs);
  await sleep(defaults.calmMs);

  const [heldBefore, failedBefore, faultMs] = [writers.uids(), writers.failed(), machineMs()];
  const { victims = [], leaving = [], outageMs = 0, uids = [] } = await fault({ service, fleet, leaseMs });
  const heldUids = (): string[] => heldOf(heldBefore, fleet.livingLogs());
  const restoring = restored(store, service, heldUids, backWithinMs);
  await writers.served(backWithinMs);
  // Time for a pod that woke up, or a master that came back, to do harm.
  await sleep(Math.max(defaults.calmMs, leaseMs / 2, startMs + defaults.writeForMs - machineMs()));
  await writers.stop();
  await until("no uid has two owners", () => heldTwice(fleet.livingLogs()).length === 0, backWithinMs);
  const [endMs, failed, restoredMs] = [machineMs(), writers.failed() - failedBefore, await restoring];

  // Before the sweep, which has dead pods' uids taken over that nobody has asked for so far.
  const stored = await readLinks(store, service, [...writers.links.keys(), ...uids]);
  const logs = fleet.logs();
  const told = withoutHandedBack(writers.links, logs, new Set(leaving));
  const lost = lostLinks(told, stored, new Set(victims));
  const found = { lost, links: told.size, outranked: outranked(logs, stored), restoredMs, failed };
  await writers.sweep([...writers.uids(), ...uids], backWithinMs);
  await fleet.stopAll();
  return { leaseMs, answerTimeoutMs, outageMs, ...found, ...judge(fleet.logs(), writers, { faultMs, endMs, victims }) };
};
