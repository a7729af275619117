// What the pods' own logs, the store and the clients' acknowledgements say about ownership. Pure functions over what was
// recorded, so that a test can show that each of them can find a fault.
import type { Link } from "../../src/types.ts";
import type { Acknowledgement } from "./gateway.ts";
import type { PodLog, ServiceRecord, TenureRecord } from "./pod-log.ts";

/** A request that ran on a pod that was not the owner. */
export interface WrongService {
  readonly uid: string;
  readonly pod: number;
  readonly fence: number;
  readonly why: "overtaken" | "shared fence" | "no tenure";
  /** How long after the first service under a higher fence it still ran; 0 unless overtaken. */
  readonly lateMs: number;
}

interface Service extends ServiceRecord {
  readonly pod: number;
  readonly process: string;
}

interface Tenure extends TenureRecord {
  readonly pod: number;
  readonly process: string;
}

const groupBy = <Item>(items: Iterable<Item>, keyOf: (item: Item) => string): Map<string, Item[]> => {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
};

const servicesOf = ({ pod, process, records }: PodLog): Service[] =>
  records.flatMap((record) => {
    if ("atMs" in record) return [];
    // Of an abandoned request only its admission counts: it took no effect.
    const endMs = record.kind === "served" ? record.endMs : record.startMs;
    return [{ ...record, pod, process, endMs }];
  });

/** A process's tenures with what the counter said in each. */
const countedTenures = (log: PodLog): (Tenure & { readonly counts: number[] })[] => {
  const tenures: (Tenure & { readonly counts: number[] })[] = [];
  const present = new Map<string, number[]>();
  for (const record of log.records) {
    if (record.kind === "acquired") {
      const tenure = { ...record, pod: log.pod, process: log.process, counts: [] };
      tenures.push(tenure);
      present.set(record.uid, tenure.counts);
    } else if (record.kind === "served") present.get(record.uid)?.push(record.count);
  }
  return tenures;
};

const tenuresOf = (logs: readonly PodLog[]): Tenure[] =>
  logs.flatMap(({ pod, process, records }) =>
    records.flatMap((record) => (record.kind === "acquired" ? [{ ...record, pod, process }] : [])),
  );

// Fences tell the order of owners. Whatever runs under a lower fence after a higher one was served, or while it is, has
// two owners at once; so has a fence that two processes serve.
const acrossPods = (services: readonly Service[]): WrongService[] => {
  const wrong: WrongService[] = [];
  let higherSinceMs = Number.POSITIVE_INFINITY;
  const byFence = [...groupBy(services, ({ fence }) => `${fence}`).values()].sort((a, b) => b[0]!.fence - a[0]!.fence);
  for (const group of byFence) {
    for (const { uid, pod, process, fence, endMs } of group) {
      if (endMs > higherSinceMs) wrong.push({ uid, pod, fence, why: "overtaken", lateMs: endMs - higherSinceMs });
      if (process !== group[0]!.process) wrong.push({ uid, pod, fence, why: "shared fence", lateMs: 0 });
    }
    // An admission that took no effect disturbed nobody.
    const began = group.filter(({ kind }) => kind === "served").map(({ startMs }) => startMs);
    higherSinceMs = Math.min(higherSinceMs, ...began);
  }
  return wrong;
};

// By the process's own account: served before it took the uid up, after it let it go, or under another fence.
const outsideTenure = ({ pod, records }: PodLog): WrongService[] => {
  const wrong: WrongService[] = [];
  const tenures = new Map<string, { readonly fence: number; readonly sinceMs: number }>();
  for (const record of records) {
    const { kind, uid, fence } = record;
    const tenure = tenures.get(uid);
    if (kind === "acquired") tenures.set(uid, { fence, sinceMs: record.atMs });
    else if (kind === "ended" && tenure?.fence === fence) tenures.delete(uid);
    else if (kind === "served" && (tenure?.fence !== fence || record.startMs < tenure.sinceMs)) {
      wrong.push({ uid, pod, fence, why: "no tenure", lateMs: 0 });
    }
  }
  return wrong;
};

/** All requests that ran where they should not have. */
export const wrongServices = (logs: readonly PodLog[]): WrongService[] => [
  ...[...groupBy(logs.flatMap(servicesOf), ({ uid }) => uid).values()].flatMap(acrossPods),
  ...logs.flatMap(outsideTenure),
];

/** The uids that left a pod which is none of the `victims`, other than by a move. */
export const takenFromLiving = (logs: readonly PodLog[], victims: ReadonlySet<number>): string[] => {
  return [...groupBy(tenuresOf(logs), ({ uid }) => uid)].flatMap(([uid, tenures]) => {
    tenures.sort((a, b) => a.fence - b.fence);
    const isTaken = tenures.some(({ process, reason }, index) => {
      const before = tenures[index - 1];
      return before && before.process !== process && !victims.has(before.pod) && reason !== "move";
    });
    return isTaken ? [uid] : [];
  });
};

const isSame = (a: Link, b: Link): boolean => a.fence === b.fence && a.pod === b.pod && a.incarnation === b.incarnation;

/**
 * The uids that have lost a link which somebody was told of: the store has it no more, or another one came after it. Only
 * a link of one of the `victims` may be followed by another, and any link by a move.
 */
export const lostLinks = (
  told: ReadonlyMap<string, readonly Link[]>,
  stored: ReadonlyMap<string, Link>,
  victims: ReadonlySet<number>,
): string[] =>
  [...told].flatMap(([uid, links]) => {
    const is = stored.get(uid);
    if (!is) return [uid];
    const history = [...links].sort((a, b) => a.fence - b.fence);
    const follows = (link: Link, before: Link): boolean =>
      link.fence > before.fence && (victims.has(before.pod) || link.origin === "move");
    const isUnbroken = [...history, is].every((link, index, all) => {
      const before = all[index - 1];
      return !before || isSame(link, before) || follows(link, before);
    });
    return isUnbroken ? [] : [uid];
  });

/** Of what was told, all but the links that one of the `leaving` pods has never taken up: it may hand them back. */
export const withoutHandedBack = (
  told: ReadonlyMap<string, readonly Link[]>,
  logs: readonly PodLog[],
  leaving: ReadonlySet<number>,
): Map<string, readonly Link[]> => {
  const takenUp = new Set(tenuresOf(logs).map(({ uid, fence }) => `${fence}:${uid}`));
  const stays = (uid: string, { pod, fence }: Link): boolean => !leaving.has(pod) || takenUp.has(`${fence}:${uid}`);
  return new Map([...told].map(([uid, links]) => [uid, links.filter((link) => stays(uid, link))]));
};

/** How many of these processes hold each uid by their own account. */
const holdersOf = (logs: readonly PodLog[]): Map<string, number> => {
  const holders = new Map<string, number>();
  for (const { records } of logs) {
    const tenures = new Map<string, number>();
    for (const { kind, uid, fence } of records) {
      if (kind === "acquired") tenures.set(uid, fence);
      else if (kind === "ended" && tenures.get(uid) === fence) tenures.delete(uid);
    }
    for (const uid of tenures.keys()) holders.set(uid, (holders.get(uid) ?? 0) + 1);
  }
  return holders;
};

/** The uids that several of these processes hold by their own account. */
export const heldTwice = (logs: readonly PodLog[]): string[] =>
  [...holdersOf(logs)].flatMap(([uid, count]) => (count > 1 ? [uid] : []));

/** Those of `uids` that any of these processes holds by its own account. */
export const heldOf = (uids: readonly string[], logs: readonly PodLog[]): string[] => {
  const holders = holdersOf(logs);
  return uids.filter((uid) => holders.has(uid));
};

/** The uids for which the store does not have the link with the highest fence that a pod has served. */
export const outranked = (logs: readonly PodLog[], stored: ReadonlyMap<string, Link>): string[] => {
  const highest = new Map<string, number>();
  for (const { uid, fence } of logs.flatMap(servicesOf)) highest.set(uid, Math.max(fence, highest.get(uid) ?? 0));
  return [...highest].flatMap(([uid, fence]) => ((stored.get(uid)?.fence ?? 0) < fence ? [uid] : []));
};

/** The uids whose counter did not go on where it was, within a tenure or through a move. */
export const lostCounters = (logs: readonly PodLog[]): string[] => {
  const tenures = [...groupBy(logs.flatMap(countedTenures), ({ uid }) => uid)];
  return tenures.flatMap(([uid, all]) => {
    all.sort((a, b) => a.fence - b.fence || a.atMs - b.atMs);
    let count = 0;
    const isUnbroken = all.every(({ fence, reason, counts }, index) => {
      const isMoved = reason === "move" && all[index - 1]?.fence !== fence;
      if (!isMoved) count = 0;
      return counts.every((next) => next === ++count);
    });
    return isUnbroken ? [] : [uid];
  });
};

/** Acknowledged writes that no pod's log knows of: with any of them the logs are not the whole truth. */
export const unwitnessed = (acknowledged: readonly Acknowledgement[], logs: readonly PodLog[]): Acknowledgement[] => {
  const keyOf = ({ uid, fence, count }: Pick<Acknowledgement, "uid" | "fence" | "count">) => `${fence}:${count}:${uid}`;
  const served = new Set(logs.flatMap(servicesOf).map(keyOf));
  return acknowledged.filter((write) => !served.has(keyOf(write)));
};

/** The longest time that a client waited for a write, from its first try to its acknowledgement. */
export const longestGapMs = (acknowledged: readonly Acknowledgement[]): number =>
  Math.max(0, ...acknowledged.map(({ sinceMs, atMs }) => atMs - sinceMs));
