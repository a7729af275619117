import type { Gauge } from "../store/gauge.ts";
import type { Histogram } from "../store/histogram.ts";
import { Labeled } from "../store/labeled.ts";
import type { QuantileSketch } from "../store/quantile-sketch.ts";
import type { LabelValue } from "../types.ts";
import type { RouteFamilies } from "./route-families.ts";

/** Where the counters of a block lie, and the first histogram; the other two follow it. */
export const routeLayout = {
  requestTotal: 0,
  requestErrors: 1,
  cacheHits: 2,
  cacheMisses: 3,
  loadBalancerRequests: 4,
  healthCheckTotal: 5,
  healthCheckFailures: 6,
  requestDuration: 7,
} as const;

/**
 * The numbers of one set of label values, all families side by side. A server's own work empties the caches between two
 * requests: what a record costs then is the number of cache lines it touches, and side by side they are a third.
 */
export interface RouteBlock {
  readonly values: Float64Array;
  /** Upper bounds of the three histograms, +Inf last. */
  readonly bounds: Float64Array;
  readonly podSelectionAt: number;
  readonly healthCheckAt: number;
  readonly requestSketch: QuantileSketch | undefined;
  readonly podSelectionSketch: QuantileSketch | undefined;
  readonly healthCheckSketch: QuantileSketch | undefined;
  /** Writes the same numbers; for durations with an exemplar. */
  readonly requestDuration: Histogram;
  readonly cacheSize: Gauge;
}

/** Moves the series of `values` into one array, unless another monitor of the registry has done so already. */
const sideBySide = (views: readonly Labeled<object>[], values: readonly LabelValue[]): Float64Array => {
  let size = 0;
  const placed = views.map((view) => {
    const family = Labeled.familyOf(view);
    const offset = size;
    size += family.definition.width;
    return { family, series: Labeled.seriesOf(view, values), offset };
  });
  const home = placed[0]!.series.slot.values;
  if (
    home.length === size &&
    placed.every(({ series: { slot }, offset }) => slot.values === home && slot.offset === offset)
  )
    return home;
  const block = new Float64Array(size);
  for (const { family, series, offset } of placed) family.move(series, block, offset);
  return block;
};

/** The block of these label values. */
export const routeBlock = (families: RouteFamilies, values: readonly LabelValue[]): RouteBlock => {
  const { requestDuration, podSelectionDuration, healthCheckDuration } = families;
  const counters = [
    families.requestTotal,
    families.requestErrors,
    families.cacheHits,
    families.cacheMisses,
    families.loadBalancerRequests,
    families.healthCheckTotal,
    families.healthCheckFailures,
  ];
  const { bounds, width, sketch } = Labeled.familyOf(requestDuration).definition;
  return {
    values: sideBySide([...counters, requestDuration, podSelectionDuration, healthCheckDuration], values),
    bounds,
    podSelectionAt: routeLayout.requestDuration + width,
    healthCheckAt: routeLayout.requestDuration + 2 * width,
    requestSketch: sketch,
    podSelectionSketch: Labeled.familyOf(podSelectionDuration).definition.sketch,
    healthCheckSketch: Labeled.familyOf(healthCheckDuration).definition.sketch,
    requestDuration: requestDuration.labels(...values),
    cacheSize: families.cacheSize.labels(...values),
  };
};
