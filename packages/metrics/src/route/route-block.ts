import type { Family, Series } from "../store/family.ts";
import type { Gauge } from "../store/gauge.ts";
import type { Histogram } from "../store/histogram.ts";
import { Labeled } from "../store/labeled.ts";
import { PendingObservations, pendingCapacity } from "../store/pending-observations.ts";
import type { LabelValue } from "../types.ts";
import type { RouteFamilies } from "./route-families.ts";

/** Where the counters of a block lie; three histograms follow, in the order of their counters. */
export const routeLayout = {
  requestTotal: 0,
  requestErrors: 1,
  cacheHits: 2,
  cacheMisses: 3,
  loadBalancerRequests: 4,
  healthCheckTotal: 5,
  healthCheckFailures: 6,
} as const;

/** The numbers of one set of label values, all families side by side; behind them wait the durations. */
export interface RouteBlock {
  readonly values: Float64Array;
  readonly requests: PendingObservations;
  readonly podSelections: PendingObservations;
  readonly healthChecks: PendingObservations;
  /** Writes the same numbers as `requests`; for durations with an exemplar. */
  readonly requestDuration: Histogram;
  readonly cacheSize: Gauge;
}

interface Place {
  readonly family: Family;
  readonly series: Series;
}

const placesOf = (views: readonly Labeled<object>[], values: readonly LabelValue[]): Place[] =>
  views.map((view) => ({ family: Labeled.familyOf(view), series: Labeled.seriesOf(view, values) }));

// What each of the histograms observes is counted here too.
const counterOf = [routeLayout.requestTotal, routeLayout.loadBalancerRequests, routeLayout.healthCheckTotal] as const;

/** Moves the series into one array, with room behind them for the observations that wait. */
const moveTogether = (counters: readonly Place[], histograms: readonly Place[]): void => {
  const places = [...counters, ...histograms];
  const size = places.reduce((sum, { family }) => sum + family.definition.width, 0);
  const values = new Float64Array(size + histograms.length * pendingCapacity);
  let at = 0;
  for (const { family, series } of places) {
    family.move(series, values, at);
    at += family.definition.width;
  }
  for (const [i, { family, series }] of histograms.entries()) {
    const { bounds, sketch } = family.definition;
    const counterAt = counterOf[i]!;
    const place = { values, counterAt, histogramAt: series.slot.offset, pendingAt: at };
    const pending = new PendingObservations(place, bounds, sketch);
    series.slot.pending = pending;
    counters[counterAt]!.series.slot.pending = pending;
    at += pendingCapacity;
  }
};

const areTogether = (places: readonly Place[]): boolean => {
  const { values } = places[0]!.series.slot;
  let at = 0;
  return places.every(({ family, series: { slot } }) => {
    const isInPlace = slot.values === values && slot.offset === at;
    at += family.definition.width;
    return isInPlace;
  });
};

/** The block of these label values: that of another monitor on the registry, if there is one. */
export const routeBlock = (families: RouteFamilies, values: readonly LabelValue[]): RouteBlock => {
  const counters = placesOf(
    [
      families.requestTotal,
      families.requestErrors,
      families.cacheHits,
      families.cacheMisses,
      families.loadBalancerRequests,
      families.healthCheckTotal,
      families.healthCheckFailures,
    ],
    values,
  );
  const { requestDuration, podSelectionDuration, healthCheckDuration } = families;
  const histograms = placesOf([requestDuration, podSelectionDuration, healthCheckDuration], values);
  if (!areTogether([...counters, ...histograms])) moveTogether(counters, histograms);
  const [requests, podSelections, healthChecks] = histograms.map(({ series }) => series.slot.pending);
  return {
    values: counters[0]!.series.slot.values,
    requests: requests!,
    podSelections: podSelections!,
    healthChecks: healthChecks!,
    requestDuration: requestDuration.labels(...values),
    cacheSize: families.cacheSize.labels(...values),
  };
};
