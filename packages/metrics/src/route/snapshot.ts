import type { Labeled } from "../store/labeled.ts";
import type { LabeledHistogram } from "../store/labeled-histogram.ts";
import type { RouteFamilies } from "./route-families.ts";

/** Current numbers, summed over all label values. Durations in seconds; a quantile is there if it is known. */
export interface Snapshot {
  /** From 0 to 1; 0 without traffic. */
  readonly cache_hit_rate: number;
  readonly request_total: number;
  readonly request_errors: number;
  readonly request_duration_seconds_sum: number;
  readonly request_duration_seconds_count: number;
  readonly request_duration_seconds_p50?: number;
  readonly request_duration_seconds_p99?: number;
  readonly request_duration_seconds_p999?: number;
  readonly cache_hits: number;
  readonly cache_misses: number;
  readonly cache_size: number;
  readonly load_balancer_requests: number;
  readonly pod_selection_duration_seconds_sum: number;
  readonly pod_selection_duration_seconds_count: number;
  readonly health_check_total: number;
  readonly health_check_failures: number;
  readonly health_check_duration_seconds_sum: number;
  readonly health_check_duration_seconds_count: number;
}

const total = (family: Labeled<{ readonly value: number } & object>): number =>
  family.handles().reduce((sum, { value }) => sum + value, 0);

const sumOf = (family: LabeledHistogram): number => family.handles().reduce((sum, handle) => sum + handle.sum, 0);
const countOf = (family: LabeledHistogram): number => family.handles().reduce((sum, handle) => sum + handle.count, 0);

/** Hits per look-up, from 0 to 1; 0 without traffic. */
export const hitRateOf = ({ cacheHits, cacheMisses }: RouteFamilies): number => {
  const hits = total(cacheHits);
  const lookUps = hits + total(cacheMisses);
  return lookUps === 0 ? 0 : hits / lookUps;
};

const quantilesOf = (family: LabeledHistogram) => {
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((ratio) => family.quantile(ratio));
  if (p50 === undefined || p99 === undefined || p999 === undefined) return {};
  return {
    request_duration_seconds_p50: p50,
    request_duration_seconds_p99: p99,
    request_duration_seconds_p999: p999,
  };
};

/** Reads all families. */
export const snapshotOf = (families: RouteFamilies): Snapshot => ({
  cache_hit_rate: hitRateOf(families),
  request_total: total(families.requestTotal),
  request_errors: total(families.requestErrors),
  request_duration_seconds_sum: sumOf(families.requestDuration),
  request_duration_seconds_count: countOf(families.requestDuration),
  ...quantilesOf(families.requestDuration),
  cache_hits: total(families.cacheHits),
  cache_misses: total(families.cacheMisses),
  cache_size: total(families.cacheSize),
  load_balancer_requests: total(families.loadBalancerRequests),
  pod_selection_duration_seconds_sum: sumOf(families.podSelectionDuration),
  pod_selection_duration_seconds_count: countOf(families.podSelectionDuration),
  health_check_total: total(families.healthCheckTotal),
  health_check_failures: total(families.healthCheckFailures),
  health_check_duration_seconds_sum: sumOf(families.healthCheckDuration),
  health_check_duration_seconds_count: countOf(families.healthCheckDuration),
});
