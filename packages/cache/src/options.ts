import type { CacheOptions, CacheStrategy } from "./types.ts";

const STRATEGIES: readonly CacheStrategy[] = ["adaptive", "lru", "lfu", "ttl"];

/** The largest delay that timers keep: above it, they fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Entries a Map can hold in V8 (2^24), less the slots for list heads. */
const MAX_ENTRIES = 2 ** 24 - 8;

/** What holds where an option is not given. */
export const DEFAULTS: Required<
  Pick<CacheOptions<unknown, unknown>, "strategy" | "ttlMs" | "ttlJitterRatio" | "idleMs" | "cleanupIntervalMs">
> = Object.freeze({
  strategy: "adaptive",
  ttlMs: Number.POSITIVE_INFINITY,
  ttlJitterRatio: 0,
  idleMs: Number.POSITIVE_INFINITY,
  cleanupIntervalMs: 0,
});

const shown = (value: unknown): string => (typeof value === "string" ? `"${value}"` : String(value));

/** A `RangeError` that names the option, the rule and the value. */
const fail = (name: string, rule: string, value: unknown): never => {
  throw new RangeError(`${name} must be ${rule}, but is ${shown(value)}`);
};

export const checkMaxSize = (maxSize: number, name = "maxSize"): number =>
  Number.isInteger(maxSize) && maxSize >= 1 && maxSize <= MAX_ENTRIES
    ? maxSize
    : fail(name, `an integer from 1 to ${MAX_ENTRIES}`, maxSize);

export const checkStrategy = (strategy: CacheStrategy): CacheStrategy =>
  STRATEGIES.includes(strategy) ? strategy : fail("strategy", `one of ${STRATEGIES.map(shown).join(", ")}`, strategy);

/** A duration above 0; `Infinity` means for ever. */
export const checkDuration = (name: string, durationMs: number): number =>
  typeof durationMs === "number" && durationMs > 0 ? durationMs : fail(name, "a number above 0", durationMs);

/** A period of a timer, or 0 for none. */
export const checkInterval = (name: string, intervalMs: number): number =>
  typeof intervalMs === "number" && intervalMs >= 0 && intervalMs <= MAX_TIMER_MS
    ? intervalMs
    : fail(name, `0 (off) to ${MAX_TIMER_MS} ms`, intervalMs);

/** 0 to 1, 1 excluded. */
export const checkJitter = (name: string, jitterRatio: number): number =>
  typeof jitterRatio === "number" && jitterRatio >= 0 && jitterRatio < 1
    ? jitterRatio
    : fail(name, "from 0 up to but not including 1", jitterRatio);

/** A number above 0 that is not infinite. */
export const checkWeight = (name: string, weight: number): number =>
  Number.isFinite(weight) && weight > 0 ? weight : fail(name, "a finite number above 0", weight);

export const checkFunction = <T>(name: string, value: T): T => {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function, but is ${shown(value)}`);
  return value;
};

/** A share of a whole, 0 to 1. */
export const checkShare = (name: string, share: number): number =>
  typeof share === "number" && share >= 0 && share <= 1 ? share : fail(name, "from 0 to 1", share);

/** How many; at least one. */
export const checkCount = (name: string, count: number): number =>
  Number.isSafeInteger(count) && count >= 1 ? count : fail(name, "an integer of at least 1", count);

/** A lower and an upper bound, where both are given. */
export const checkOrder = (name: string, min: number | undefined, maxName: string, max: number | undefined): void => {
  if (min !== undefined && max !== undefined && min > max) fail(name, `at most ${maxName}, ${max}`, min);
};
