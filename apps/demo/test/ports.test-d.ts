// Every real class fits the ports that other packages declare. Judged by the type checker alone.

import type { TrafficTotals } from "@route/analysis";
import type { Cache } from "@route/cache";
import type { Hint, NearCachePort, PlacementPort, StatefulStore } from "@route/executor";
import type { RedisClient, RedisStore } from "@route/executor/redis";
import type { LoadBalancer } from "@route/loadbalancer";
import type { HealthSink } from "@route/loadbalancer/probes";
import type { PerformanceMonitor } from "@route/metrics";
import type { Redis } from "ioredis";
import type { BalancedPlacement, SessionBalancer } from "../src/balanced-placement.ts";

type Fits<Port, Real extends Port> = Real;

export type Proofs = [
  Fits<NearCachePort<Hint>, Cache<string, Hint>>,
  Fits<PlacementPort, BalancedPlacement>,
  Fits<SessionBalancer, LoadBalancer>,
  Fits<HealthSink, LoadBalancer>,
  Fits<StatefulStore, RedisStore>,
  Fits<RedisClient, Redis>,
  Fits<TrafficTotals, ReturnType<PerformanceMonitor["snapshot"]>>,
];
