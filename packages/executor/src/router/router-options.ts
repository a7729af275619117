import type { Clock, NearCachePort, PlacementPort } from "../ports.ts";
import type { StatefulStore } from "../store/store.ts";
import type { LinkLifetime, ServiceName } from "../types.ts";
import { checkLifetime, checkOption } from "../validate.ts";
import type { Hint } from "./hints.ts";

/** Options of {@link StatefulRouter}. */
export interface StatefulRouterOptions extends ServiceName {
  /** Not closed by the router. */
  readonly store: StatefulStore;
  /** How long a new link outlives its last renewal by its pod, in seconds, or "persistent". Default 3600. At least two leases. */
  readonly linkLifetimeSeconds?: LinkLifetime;
  /** Chooses the pod of a new link. Default: the freer of two random ones. */
  readonly placement?: PlacementPort;
  /** Labels that a pod must have to get new uids, e.g. `{ zone: "a" }`. Default none. */
  readonly requireLabels?: Readonly<Record<string, string>>;
  /** While a fleet rolls, its newest revision gets all new uids that it can take. Default true. */
  readonly preferNewestRevision?: boolean;
  /** A hint older than this is read again, in milliseconds. Default 5000. */
  readonly hintMaxAgeMs?: number;
  /** Holds the hints. Default: a quick-lru of 10000. */
  readonly nearCache?: NearCachePort<Hint>;
  /** The copy of the pod table is renewed at this age, in milliseconds. Default 500. */
  readonly podRefreshMs?: number;
  /** A call waits so long for a uid that is moving, in milliseconds, then it follows the present owner. Default 5000. */
  readonly moveWaitMs?: number;
  /** So many dead pods' uids are taken over at once; the rest waits in order. Default 64. */
  readonly maxTakeOvers?: number;
  /** So many calls wait for moves and take-overs; further ones fail with `OVERLOADED`. Default 1000. */
  readonly maxWaiters?: number;
  readonly clock?: Clock;
}

/** The numbers among the options, checked. */
export interface RouterSettings {
  readonly linkLifetimeSeconds: LinkLifetime;
  readonly hintMaxAgeMs: number;
  readonly podRefreshMs: number;
  readonly moveWaitMs: number;
  readonly maxTakeOvers: number;
  readonly maxWaiters: number;
}

const defaults: RouterSettings = Object.freeze({
  linkLifetimeSeconds: 3600,
  hintMaxAgeMs: 5000,
  podRefreshMs: 500,
  moveWaitMs: 5000,
  maxTakeOvers: 64,
  maxWaiters: 1000,
});

const checkLabels = (labels: unknown): void => {
  const isRecord = typeof labels === "object" && labels !== null && !Array.isArray(labels);
  if (isRecord && Object.values(labels).every((value) => typeof value === "string")) return;
  throw new TypeError(`requireLabels must be an object of texts, got ${JSON.stringify(labels)}`);
};

/** The numbers among the options, with defaults. Throws a `RangeError`, `TypeError` or `INVALID_ARGUMENT` that names the bad one. */
export const settingsOf = (options: StatefulRouterOptions): RouterSettings => {
  const check = (name: Exclude<keyof RouterSettings, "linkLifetimeSeconds">, least: number, most: number): number =>
    checkOption(name, options[name] ?? defaults[name], least, most);
  checkLabels(options.requireLabels ?? {});
  return {
    linkLifetimeSeconds: checkLifetime(options.linkLifetimeSeconds ?? defaults.linkLifetimeSeconds),
    hintMaxAgeMs: check("hintMaxAgeMs", 0, 3_600_000),
    podRefreshMs: check("podRefreshMs", 1, 60_000),
    moveWaitMs: check("moveWaitMs", 0, 3_600_000),
    maxTakeOvers: check("maxTakeOvers", 1, 100_000),
    maxWaiters: check("maxWaiters", 0, 10_000_000),
  };
};
