/// <reference lib="esnext.disposable" preserve="true" />
export { LoadBalancerError, type LoadBalancerErrorCode } from "./errors.ts";
export { LoadBalancer } from "./load-balancer.ts";
export { DEFAULTS, type LoadBalancerOptions, type PickOptions, type PlaceOptions } from "./options.ts";
export type { Clock, Random } from "./ports.ts";
export type { Draw } from "./random.ts";
export type { TimeQuantiles } from "./stats/histogram.ts";
export type { Explanation, LoadBalancerStats, PodStats, RequestCounts } from "./stats/stats.ts";
export { type StrategyName, strategies } from "./strategies/catalog.ts";
export type {
  Candidate,
  ConsideredPod,
  Occupancies,
  Sample,
  Strategy,
  StrategyEnvironment,
  StrategyFactory,
  StrategyReason,
} from "./strategies/strategy.ts";
export type {
  Key,
  Lease,
  Link,
  LoadReport,
  Outcome,
  PodId,
  PodOptions,
  PodSpec,
  RoutingState,
} from "./types.ts";
