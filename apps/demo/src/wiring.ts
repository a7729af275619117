// The one place where the six packages meet.
import { PerformanceAnalyzer, type PerformanceReport } from "@route/analysis";
import { Cache } from "@route/cache";
import {
  type Hint,
  type Route,
  type ServiceScope,
  StatefulExecutor,
  StatefulRouter,
  type StatefulStore,
} from "@route/executor";
import { LoadBalancer } from "@route/loadbalancer";
import { PerformanceMonitor } from "@route/metrics";
import { RequestTracer } from "@route/tracing";
import { BalancedPlacement } from "./balanced-placement.ts";
import type { DemoConfig } from "./config.ts";
import type { Served } from "./gateway/gateway.ts";
import { TrafficSampler } from "./traffic-sampler.ts";

const linkLifetimeSeconds = 3600;
const hints = 10_000;
const sampleMs = 1000;

/** What the gateway and the admin listener use. */
export interface Composed {
  readonly router: StatefulRouter;
  readonly scope: ServiceScope;
  readonly monitor: PerformanceMonitor;
  readonly hooks: {
    readonly trace: <Result>(work: () => Promise<Result>) => Promise<Result>;
    readonly onRoute: (route: Route, resolveMs: number) => void;
    readonly onServed: (served: Served) => void;
  };
  readonly report: () => { readonly report: PerformanceReport; readonly totals: object };
  close(): Promise<void>;
}

/** Builds the router on the store and puts balancer, cache, metrics, traces and analysis around it. */
export const compose = ({ namespace, service }: DemoConfig, store: StatefulStore): Composed => {
  const monitor = new PerformanceMonitor();
  const tracer = new RequestTracer();
  const analyzer = new PerformanceAnalyzer();
  const balancer = new LoadBalancer({ strategy: "least_connections" });
  const placement = new BalancedPlacement(balancer, linkLifetimeSeconds * 1000);
  const nearCache = new Cache<string, Hint>({ maxSize: hints, strategy: "lru" });
  const router = new StatefulRouter({
    store,
    namespace,
    service,
    placement,
    nearCache,
    linkLifetime: linkLifetimeSeconds,
  });
  const scope = new StatefulExecutor({ store }).scope({ namespace, service });

  const sampler = new TrafficSampler(() => monitor.snapshot());
  const takeSample = (): void => {
    monitor.setCacheSize(nearCache.size);
    analyzer.addMetrics(sampler.sample());
    analyzer.analyze();
  };
  const sampling = setInterval(takeSample, sampleMs);
  sampling.unref();

  return {
    router,
    scope,
    monitor,
    hooks: {
      trace: (work) => tracer.trace("route.request", { attributes: { "route.service": service } }, () => work()),
      onRoute: ({ source }, resolveMs) => {
        if (source === "hint") monitor.recordCacheHit();
        else monitor.recordCacheMiss();
        if (source === "placed" || source === "taken-over") monitor.recordLoadBalancerRequest(resolveMs);
      },
      onServed: ({ status, durationMs }) => monitor.recordRequest(durationMs, status < 500),
    },
    report: () => {
      takeSample();
      return { report: analyzer.report(), totals: monitor.snapshot() };
    },
    close: async () => {
      clearInterval(sampling);
      placement.close();
      nearCache.close();
      balancer.close();
      analyzer.close();
      monitor.close();
    },
  };
};
