import type { Clock, Random } from "./ports.ts";
import { type StrategyName, strategies } from "./strategies/catalog.ts";
import type { StrategyFactory } from "./strategies/strategy.ts";
import type { Key } from "./types.ts";

/** Options of a balancer; all have defaults. */
export interface LoadBalancerOptions {
  /** A built-in strategy by name, or your own. Default `adaptive`. */
  readonly strategy?: StrategyName | StrategyFactory;
  /** Open leases plus links that a pod may have at once, where it was not added with its own limit. Default: no limit. */
  readonly maxConnections?: number;
  /** Callers that `acquire` lets wait for a free place. Default 1000; 0 refuses at once. */
  readonly maxWaiting?: number;
  /** How long `acquire` waits, in ms. Default 5000. */
  readonly waitTimeoutMs?: number;
  /** Errors in a row that take a pod out; `Infinity` never does. Default 5. */
  readonly consecutiveErrors?: number;
  /** How long the first ejection lasts, in ms; doubled with each further one, plus up to a fifth of jitter. Default 1000. */
  readonly ejectionMs?: number;
  /** Bound of the doubling, in ms. A pod that stays well for as long starts anew. Default 30,000. */
  readonly maxEjectionMs?: number;
  /** At most this share of the fleet is out at a time. Default 0.5. */
  readonly maxEjectedRatio?: number;
  /** Below this share of fit pods the balancer panics: so many cannot be ill, the probe is. 0 never panics. Default 0.5. */
  readonly panicRatio?: number;
  /** In panic: `all` uses every ready pod whatever its health, `none` refuses. Default `all`. */
  readonly panic?: "all" | "none";
  /** How long a pod that joins a working fleet warms up to its full weight, in ms; 0 not at all. Default 5000. */
  readonly slowStartMs?: number;
  /** A lease that is never finished is swept after this time and before twice this time, in ms. Default 300,000. */
  readonly leaseTimeoutMs?: number;
  /** Where the time comes from; a clock of yours is read at every pick. Default `performance`, read at one pick in up to 64. */
  readonly clock?: Clock;
  /** Where randomness comes from. Default: a generator of our own, seeded once. */
  readonly random?: Random;
}

/** Options of one pick. */
export interface PickOptions {
  /** What a keyed strategy hashes; the others take no notice. */
  readonly key?: Key;
  /** Another strategy for this pick. It is built at its first use and kept. */
  readonly strategy?: StrategyName | StrategyFactory;
  /** Ends the lease, or the waiting of `acquire`, when it aborts. */
  readonly signal?: AbortSignal;
}

/** Options of one placement. */
export interface PlaceOptions {
  /** The session's uid; needed where a keyed strategy is to choose. */
  readonly key?: Key;
}

/** What holds where an option is not given. */
export const DEFAULTS: Readonly<Required<Omit<LoadBalancerOptions, "random">>> = Object.freeze({
  strategy: "adaptive",
  maxConnections: Number.POSITIVE_INFINITY,
  maxWaiting: 1000,
  waitTimeoutMs: 5000,
  consecutiveErrors: 5,
  ejectionMs: 1000,
  maxEjectionMs: 30_000,
  maxEjectedRatio: 0.5,
  panicRatio: 0.5,
  panic: "all",
  slowStartMs: 5000,
  leaseTimeoutMs: 300_000,
  clock: performance,
});

export type Settings = Required<Omit<LoadBalancerOptions, "random">> & Pick<LoadBalancerOptions, "random">;

/** Fills in the defaults. @throws RangeError or TypeError that names the option, the rule and the value. */
export const settingsOf = (options: LoadBalancerOptions): Settings => {
  requireObject("options", options);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...DEFAULTS, ...given };
  requireStrategy(settings.strategy);
  requireLimit("maxConnections", settings.maxConnections);
  requireLimit("consecutiveErrors", settings.consecutiveErrors);
  requireWhole("maxWaiting", settings.maxWaiting);
  requireTimeout("waitTimeoutMs", settings.waitTimeoutMs);
  requirePositive("ejectionMs", settings.ejectionMs);
  requirePositive("maxEjectionMs", settings.maxEjectionMs);
  requirePositive("leaseTimeoutMs", settings.leaseTimeoutMs);
  requireRatio("maxEjectedRatio", settings.maxEjectedRatio);
  requireRatio("panicRatio", settings.panicRatio);
  requireAtLeastZero("slowStartMs", settings.slowStartMs);
  if (settings.panic !== "all" && settings.panic !== "none")
    throw new TypeError(`panic must be "all" or "none", got ${String(settings.panic)}`);
  if (typeof settings.clock?.now !== "function") throw new TypeError("clock must have a method now()");
  if (settings.random !== undefined && typeof settings.random !== "function")
    throw new TypeError(`random must be a function, got ${typeof settings.random}`);
  return settings;
};

/** @throws TypeError where it is no object. */
export const requireObject = (name: string, value: unknown): void => {
  if (typeof value === "object" && value !== null) return;
  throw new TypeError(`${name} must be an object, got ${String(value)}`);
};

/** @throws TypeError where it is neither a known name nor a function. */
export const requireStrategy = (strategy: unknown): void => {
  if (typeof strategy === "function") return;
  if (typeof strategy === "string" && Object.hasOwn(strategies, strategy)) return;
  const names = Object.keys(strategies).join(", ");
  throw new TypeError(`strategy must be one of ${names}, or a function, got ${String(strategy)}`);
};

/** @throws TypeError where it is not a routing state. */
export const requireState = (state: unknown): void => {
  if (state === "ready" || state === "deny-new" || state === "shutdown") return;
  throw new TypeError(`state must be "ready", "deny-new" or "shutdown", got ${String(state)}`);
};

/** @throws RangeError where it is not a whole number >= 1 or Infinity. */
export const requireLimit = (name: string, value: number): void => {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 1)) return;
  throw new RangeError(`${name} must be a whole number >= 1 or Infinity, got ${String(value)}`);
};

/** @throws RangeError where it is not a finite number >= 0. */
export const requireAtLeastZero = (name: string, value: number): void => {
  if (Number.isFinite(value) && value >= 0) return;
  throw new RangeError(`${name} must be a finite number >= 0, got ${String(value)}`);
};

const requireWhole = (name: string, value: number): void => {
  if (Number.isInteger(value) && value >= 0) return;
  throw new RangeError(`${name} must be a whole number >= 0, got ${String(value)}`);
};

const requirePositive = (name: string, value: number): void => {
  if (typeof value === "number" && value > 0) return;
  throw new RangeError(`${name} must be a number > 0, got ${String(value)}`);
};

// A timer takes at most 2^31 - 1 ms; more would fire at once.
const requireTimeout = (name: string, value: number): void => {
  if (typeof value === "number" && value > 0 && value <= 0x7fff_ffff) return;
  throw new RangeError(`${name} must be a number > 0 and < 2^31, got ${String(value)}`);
};

const requireRatio = (name: string, value: number): void => {
  if (typeof value === "number" && value >= 0 && value <= 1) return;
  throw new RangeError(`${name} must be a number from 0 to 1, got ${String(value)}`);
};
