import type { CapacityEstimate } from "../types.ts";
import { type Change, type OptimizableCache, percent, type TrafficWindow } from "./decision.ts";
import type { CompleteParameters } from "./parameters.ts";

/** A change with its reason. */
export interface Proposal {
  readonly change: Change;
  readonly reason: string;
}

/** What would improve a cache, judged by one window of traffic, the best first. */
export const propose = (
  cache: OptimizableCache,
  window: TrafficWindow,
  parameters: CompleteParameters,
): readonly Proposal[] => {
  const { hitRateThreshold, hysteresisRatio } = parameters;
  const proposals =
    window.hitRate < hitRateThreshold
      ? [proposeLongerLife(cache, window, parameters), proposeGrowth(cache, window, parameters)]
      : window.hitRate >= hitRateThreshold + hysteresisRatio
        ? [proposeShrinking(cache, window, parameters), proposeShorterLife(cache, window, parameters)]
        : [];
  return proposals.filter((proposal) => proposal !== undefined);
};

/** A longer lifetime helps where most misses are of entries that had expired. */
const proposeLongerLife = (
  { ttlMs }: OptimizableCache,
  { causes, hitRate }: TrafficWindow,
  { maxTtlMs, ttlAdjustmentMs, hitRateThreshold }: CompleteParameters,
): Proposal | undefined => {
  const misses = causes.cold + causes.capacity + causes.expired + causes.invalidated;
  if (maxTtlMs === undefined || ttlMs >= maxTtlMs || causes.expired * 2 < misses) return undefined;
  return {
    change: { what: "ttlMs", from: ttlMs, to: Math.min(maxTtlMs, ttlMs + ttlAdjustmentMs) },
    reason: `hit rate ${percent(hitRate)} is below ${percent(hitRateThreshold)}, and ${causes.expired} of ${misses} misses had expired`,
  };
};

/** A shorter lifetime gives fresher values for nothing where hardly any request finds its entry expired. */
const proposeShorterLife = (
  { ttlMs }: OptimizableCache,
  { causes, hitRate, requests }: TrafficWindow,
  { minTtlMs, maxTtlMs = Number.POSITIVE_INFINITY, ttlAdjustmentMs, minGainRatio }: CompleteParameters,
): Proposal | undefined => {
  if (minTtlMs === undefined || causes.expired >= minGainRatio * requests) return undefined;
  const to = Math.max(minTtlMs, Math.min(maxTtlMs, ttlMs - ttlAdjustmentMs));
  if (to >= ttlMs) return undefined;
  return {
    change: { what: "ttlMs", from: ttlMs, to },
    reason: `hit rate is ${percent(hitRate)}, and only ${causes.expired} of ${requests} requests found their entry expired`,
  };
};

/** More room helps where entries are evicted, and the shadows at that capacity have clearly more hits. */
const proposeGrowth = (
  cache: OptimizableCache,
  { hitRate, evictionRate }: TrafficWindow,
  parameters: CompleteParameters,
): Proposal | undefined => {
  const limit = parameters.maxSize;
  if (limit === undefined || cache.maxSize >= limit || evictionRate < parameters.evictionRateThreshold)
    return undefined;
  const estimates = capacityEstimates(cache);
  const present = estimates.find(({ maxSize }) => maxSize === cache.maxSize);
  const better = estimates.find(
    (other) => other.maxSize > cache.maxSize && other.hitRate - present!.hitRate >= parameters.minGainRatio,
  );
  if (better === undefined) return undefined;
  return {
    change: { what: "maxSize", from: cache.maxSize, to: Math.min(limit, better.maxSize) },
    reason: `hit rate ${percent(hitRate)} is below ${percent(parameters.hitRateThreshold)}, and ${better.maxSize} entries would give about ${percent(better.hitRate)}`,
  };
};

/** Room is given back where the shadows at half the capacity have hardly fewer hits. */
const proposeShrinking = (
  cache: OptimizableCache,
  { hitRate }: TrafficWindow,
  { minSize, minGainRatio }: CompleteParameters,
): Proposal | undefined => {
  if (minSize === undefined || cache.maxSize <= minSize) return undefined;
  const estimates = capacityEstimates(cache);
  const present = estimates.find(({ maxSize }) => maxSize === cache.maxSize);
  const smaller = estimates.find(({ maxSize }) => maxSize < cache.maxSize);
  if (present === undefined || smaller === undefined || present.hitRate - smaller.hitRate >= minGainRatio)
    return undefined;
  return {
    change: { what: "maxSize", from: cache.maxSize, to: Math.max(minSize, smaller.maxSize) },
    reason: `hit rate is ${percent(hitRate)}, and ${smaller.maxSize} entries would give about ${percent(smaller.hitRate)}`,
  };
};

const capacityEstimates = (cache: OptimizableCache): readonly CapacityEstimate[] => {
  const { capacities } = cache.diagnose();
  return capacities === "not enough data" ? [] : capacities;
};
