import {
  checkCount,
  checkDuration,
  checkInterval,
  checkMaxSize,
  checkOrder,
  checkShare,
  checkStrategy,
} from "../options.ts";
import type { CacheStrategy } from "../types.ts";

/** What an optimizer goes by; all can be changed while it runs. */
export interface OptimizerParameters {
  /** Below this hit rate the cache wants improving, 0 to 1. Default 0.8. */
  readonly hitRateThreshold?: number;
  /** Above this many evictions per request it may want room, 0 to 1. Default 0.1. */
  readonly evictionRateThreshold?: number;
  /** How far above its threshold the hit rate must be before something is taken away. Default 0.05. */
  readonly hysteresisRatio?: number;
  /** The least change of the hit rate that counts, 0 to 1: for growing, shrinking and rolling back. Default 0.01. */
  readonly minGainRatio?: number;
  /** By how much a lifetime is changed at a time, in milliseconds. Default 5 minutes. */
  readonly ttlAdjustmentMs?: number;
  /** Requests that a window needs to be judged. Default 1,000. */
  readonly minRequests?: number;
  /** Windows in a row that must agree before something is changed. Default 2. */
  readonly confirmations?: number;
  /** The strategy that a cache is switched to. Default: the one it has. */
  readonly strategy?: CacheStrategy;
  /** The cache shrinks down to this, and not at all where it is missing. */
  readonly minSize?: number;
  /** The cache grows up to this, and not at all where it is missing. */
  readonly maxSize?: number;
  /** The lifetime is shortened down to this, in milliseconds, and not at all where it is missing. */
  readonly minTtlMs?: number;
  /** The lifetime is lengthened up to this, in milliseconds, and not at all where it is missing. */
  readonly maxTtlMs?: number;
}

type Defaulted =
  | "hitRateThreshold"
  | "evictionRateThreshold"
  | "hysteresisRatio"
  | "minGainRatio"
  | "ttlAdjustmentMs"
  | "minRequests"
  | "confirmations";

/** Parameters with their defaults filled in. */
export type CompleteParameters = OptimizerParameters & Required<Pick<OptimizerParameters, Defaulted>>;

const DEFAULT_PARAMETERS: Required<Pick<OptimizerParameters, Defaulted>> = Object.freeze({
  hitRateThreshold: 0.8,
  evictionRateThreshold: 0.1,
  hysteresisRatio: 0.05,
  minGainRatio: 0.01,
  ttlAdjustmentMs: 300_000,
  minRequests: 1000,
  confirmations: 2,
});

/** @throws RangeError for a bad parameter, with its name, its rule and the value */
export const completeParameters = (given: OptimizerParameters): CompleteParameters => {
  const all = { ...DEFAULT_PARAMETERS, ...given };
  for (const name of ["hitRateThreshold", "evictionRateThreshold", "hysteresisRatio", "minGainRatio"] as const)
    checkShare(name, all[name]);
  for (const name of ["minRequests", "confirmations"] as const) checkCount(name, all[name]);
  checkInterval("ttlAdjustmentMs", all.ttlAdjustmentMs);
  for (const name of ["minSize", "maxSize"] as const) if (all[name] !== undefined) checkMaxSize(all[name], name);
  for (const name of ["minTtlMs", "maxTtlMs"] as const) if (all[name] !== undefined) checkDuration(name, all[name]);
  checkOrder("minSize", all.minSize, "maxSize", all.maxSize);
  checkOrder("minTtlMs", all.minTtlMs, "maxTtlMs", all.maxTtlMs);
  if (all.strategy !== undefined) checkStrategy(all.strategy);
  return all;
};
