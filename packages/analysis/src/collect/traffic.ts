import type { Clock, Collector } from "../ports.ts";
import { checkKeys, checkMethods, checkNumber } from "../validate.ts";

/** Running totals of a service, which only grow until it is reset. `snapshot()` of `@route/metrics` has them. */
export interface TrafficTotals {
  readonly request_total: number;
  readonly request_errors: number;
  /** Sum of all response times, in seconds. */
  readonly request_duration_seconds_sum: number;
  readonly cache_hits?: number | undefined;
  readonly cache_misses?: number | undefined;
}

/** What a {@link trafficCollector} can be told. */
export interface TrafficOptions {
  /** Reads the totals of now. */
  readonly read: () => TrafficTotals;
  /** Default `traffic`. */
  readonly name?: string | undefined;
  /** Milliseconds of any origin, for rates. Default: `performance`. */
  readonly clock?: Clock | undefined;
}

const totalNames = [
  "request_total",
  "request_errors",
  "request_duration_seconds_sum",
  "cache_hits",
  "cache_misses",
] as const satisfies readonly (keyof TrafficTotals)[];

type Totals = Readonly<Record<(typeof totalNames)[number], number>>;

const totalsOf = (told: TrafficTotals): Totals => {
  const totals = totalNames.map((name) => [name, checkNumber(`totals.${name}`, told[name] ?? 0, 0)]);
  return Object.fromEntries(totals) as Totals;
};

// A total that has become smaller was reset: it has counted from zero since. So Prometheus takes it.
const increase = (from: number, to: number): number => (to < from ? to : to - from);

/** A share of nothing is "no data". Readings that are not of one moment must not make it more than all. */
const share = (part: number, whole: number): number | undefined => (whole > 0 ? Math.min(1, part / whole) : undefined);

/**
 * A collector of what happened between two of its calls: request rate, mean response time, error rate and, where the totals
 * tell it, cache hit rate. Without traffic a figure is left out. Throws a `TypeError` for a bad option.
 */
export const trafficCollector = (options: TrafficOptions): Collector => {
  checkKeys("trafficCollector options", options, ["read", "name", "clock"]);
  checkMethods("trafficCollector options", options, ["read"]);
  const { read, name = "traffic", clock = performance } = options;
  checkMethods("clock", clock, ["now"]);
  let last = totalsOf(read());
  let lastMs = clock.now();
  return {
    name,
    collect: () => {
      const nowMs = clock.now();
      const seconds = (nowMs - lastMs) / 1000;
      if (!(seconds > 0)) return undefined;
      const now = totalsOf(read());
      const since = (total: keyof Totals): number => increase(last[total], now[total]);
      const requests = since("request_total");
      const hits = since("cache_hits");
      const sample = {
        requestRate: requests / seconds,
        responseTimeMs: requests > 0 ? (since("request_duration_seconds_sum") / requests) * 1000 : undefined,
        errorRate: share(since("request_errors"), requests),
        cacheHitRate: share(hits, hits + since("cache_misses")),
      };
      last = now;
      lastMs = nowMs;
      return sample;
    },
  };
};
