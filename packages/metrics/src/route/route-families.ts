import { checkOneOf } from "../checks.ts";
import type { Meter } from "../meter/meter.ts";
import type { Counter } from "../store/counter.ts";
import type { Gauge } from "../store/gauge.ts";
import type { Labeled } from "../store/labeled.ts";
import type { LabeledHistogram } from "../store/labeled-histogram.ts";
import type { LabelValue } from "../types.ts";

/** How the eleven families of routing are made. */
export interface RouteFamilyOptions {
  readonly labelNames: readonly string[];
  readonly buckets: readonly number[];
  readonly quantiles: boolean;
}

/** The Go version's keys of the eleven metrics. */
export type RouteMetricKey =
  | "request_total"
  | "request_duration"
  | "request_errors"
  | "cache_hits"
  | "cache_misses"
  | "cache_size"
  | "load_balancer_requests"
  | "pod_selection_duration"
  | "health_check_total"
  | "health_check_duration"
  | "health_check_failures";

/** The names on the page, by the keys of the Go version. */
export const routeMetricNames: Readonly<Record<RouteMetricKey, string>> = Object.freeze({
  request_total: "stateful_route_requests_total",
  request_duration: "stateful_route_request_duration_seconds",
  request_errors: "stateful_route_request_errors_total",
  cache_hits: "stateful_route_cache_hits_total",
  cache_misses: "stateful_route_cache_misses_total",
  cache_size: "stateful_route_cache_size",
  load_balancer_requests: "stateful_route_load_balancer_requests_total",
  pod_selection_duration: "stateful_route_pod_selection_duration_seconds",
  health_check_total: "stateful_route_health_check_total",
  health_check_duration: "stateful_route_health_check_duration_seconds",
  health_check_failures: "stateful_route_health_check_failures_total",
});

/** The durations that have quantiles. */
export type DurationName = "request_duration" | "pod_selection_duration" | "health_check_duration";

const durationNames: readonly DurationName[] = ["request_duration", "pod_selection_duration", "health_check_duration"];

/** The families of routing: names, types and help texts of the Go version. */
export class RouteFamilies {
  readonly requestTotal: Labeled<Counter>;
  readonly requestDuration: LabeledHistogram;
  readonly requestErrors: Labeled<Counter>;
  readonly cacheHits: Labeled<Counter>;
  readonly cacheMisses: Labeled<Counter>;
  readonly cacheSize: Labeled<Gauge>;
  readonly loadBalancerRequests: Labeled<Counter>;
  readonly podSelectionDuration: LabeledHistogram;
  readonly healthCheckTotal: Labeled<Counter>;
  readonly healthCheckDuration: LabeledHistogram;
  readonly healthCheckFailures: Labeled<Counter>;

  constructor(meter: Meter, options: RouteFamilyOptions) {
    const { labelNames } = options;
    const names = routeMetricNames;
    const counter = (name: string, help: string): Labeled<Counter> => meter.counter({ name, help, labelNames });
    const histogram = (name: string, help: string): LabeledHistogram => meter.histogram({ name, help, ...options });
    this.requestTotal = counter(names.request_total, "Total number of routing requests");
    this.requestDuration = histogram(names.request_duration, "Duration of routing requests");
    this.requestErrors = counter(names.request_errors, "Total number of routing request errors");
    this.cacheHits = counter(names.cache_hits, "Total number of cache hits");
    this.cacheMisses = counter(names.cache_misses, "Total number of cache misses");
    this.cacheSize = meter.gauge({ name: names.cache_size, help: "Current cache size", labelNames });
    this.loadBalancerRequests = counter(names.load_balancer_requests, "Total number of load balancer requests");
    this.podSelectionDuration = histogram(names.pod_selection_duration, "Duration of pod selection");
    this.healthCheckTotal = counter(names.health_check_total, "Total number of health checks");
    this.healthCheckDuration = histogram(names.health_check_duration, "Duration of health checks");
    this.healthCheckFailures = counter(names.health_check_failures, "Total number of health check failures");
  }

  duration(name: DurationName): LabeledHistogram {
    checkOneOf("the duration", name, durationNames);
    if (name === "pod_selection_duration") return this.podSelectionDuration;
    return name === "health_check_duration" ? this.healthCheckDuration : this.requestDuration;
  }

  /** Removes the series of these label values from all families. */
  remove(values: readonly LabelValue[]): void {
    for (const family of Object.values(this) as Labeled<object>[]) family.remove(...values);
  }
}

/** All families or none: what a name that is taken leaves half done is taken back. */
export const createRouteFamilies = (meter: Meter, options: RouteFamilyOptions): RouteFamilies => {
  try {
    return new RouteFamilies(meter, options);
  } catch (error) {
    meter.close();
    throw error;
  }
};
