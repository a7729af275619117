// The one place where the six packages meet.
import { defaultRules, PerformanceAnalyzer, type PerformanceReport, trafficCollector } from "@route/analysis";
import { Cache } from "@route/cache";
import {
  type Hint,
  type PodId,
  type ServiceScope,
  StatefulExecutor,
  StatefulRouter,
  type StatefulStore,
} from "@route/executor";
import { LoadBalancer } from "@route/loadbalancer";
import { PerformanceMonitor } from "@route/metrics";
import { BalancedPlacement } from "./balanced-placement.ts";
import type { DemoConfig, Features } from "./config/config.ts";
import type { GatewayOptions } from "./gateway/options.ts";
import { HintCache } from "./near-cache.ts";
import { probePods } from "./pod-probes.ts";
import { processCollector } from "./process-collector.ts";
import { openTracing } from "./tracing.ts";

const linkLifetimeSeconds = 3600;
const hints = 10_000;
const sampleMs = 1000;
// Short, so that what one does to the demo shows at once; a service would look back a minute or more.
const analysisWindowMs = 10_000;

/** What the gateway and the admin listener use. */
export interface Composed {
  readonly router: StatefulRouter;
  readonly scope: ServiceScope;
  readonly monitor: PerformanceMonitor;
  readonly hooks: Pick<GatewayOptions, "startTrace" | "onRoute" | "onServed">;
  readonly report: () => Promise<{ readonly report: PerformanceReport; readonly totals: object }>;
  close(): Promise<void>;
}

const tellOfSpans = ({ message, cause }: Error): void =>
  console.error(`spans are lost: ${message}${cause instanceof Error ? ` (${cause.message})` : ""}`);

/** Everything on. */
export const allFeatures: Readonly<Features> = Object.freeze({
  ...{ nearCache: true, metrics: true, tracing: true, analysis: true },
});

/**
 * Builds the router on the store and puts balancer, cache, metrics, traces and analysis around it. `features` is looked at
 * each time, so that it may change meanwhile.
 */
export const compose = (
  { namespace, service, traceFile, traceRatio }: Pick<DemoConfig, "namespace" | "service" | "traceFile" | "traceRatio">,
  store: StatefulStore,
  features: Readonly<Features> = allFeatures,
): Composed => {
  const monitor = new PerformanceMonitor();
  const tracing = openTracing(service, traceFile, traceRatio, tellOfSpans);
  const analyzer = new PerformanceAnalyzer({ rules: defaultRules({ windowMs: analysisWindowMs }) });
  const balancer = new LoadBalancer({ strategy: "least_connections" });
  // The owner hands the uid over itself, with its state.
  const requestMove = (uid: string, to: PodId): Promise<unknown> => router.move(uid, { to });
  const placement = new BalancedPlacement(balancer, linkLifetimeSeconds * 1000, requestMove);
  const hintCache = new Cache<string, Hint>({ maxSize: hints, strategy: "lru" });
  const nearCache = new HintCache(hintCache, () => features.nearCache);
  const router = new StatefulRouter({
    store,
    namespace,
    service,
    placement,
    nearCache,
    linkLifetimeSeconds,
  });
  const scope = new StatefulExecutor({ store }).scope({ namespace, service });

  const probes = probePods(router, placement, (durationMs, healthy) => {
    if (features.metrics) monitor.recordHealthCheck(durationMs, healthy);
  });

  analyzer.addCollector(trafficCollector({ read: () => monitor.snapshot() }));
  analyzer.addCollector(processCollector());
  const takeSample = async (): Promise<void> => {
    if (!features.analysis) return;
    monitor.setCacheSize(hintCache.size);
    await analyzer.collect();
    analyzer.analyze();
  };
  // It rejects only when the analyzer was closed meanwhile.
  const sampling = setInterval(() => takeSample().catch(() => undefined), sampleMs);
  sampling.unref();

  return {
    router,
    scope,
    monitor,
    hooks: {
      startTrace: (req) => (features.tracing ? tracing.begin(req) : undefined),
      onRoute: ({ source }, resolveMs) => {
        if (!features.metrics) return;
        if (source === "hint") monitor.recordCacheHit();
        else monitor.recordCacheMiss();
        if (source === "placed" || source === "taken-over") monitor.recordLoadBalancerRequest(resolveMs);
      },
      onServed: ({ uid, status, durationMs, route, code }) => {
        if (route && uid !== undefined) placement.served(route.pod, uid, status, code);
        if (features.metrics) monitor.recordRequest(durationMs, status < 500);
      },
    },
    report: async () => {
      await takeSample();
      return { report: analyzer.report(), totals: monitor.snapshot() };
    },
    close: async () => {
      clearInterval(sampling);
      router.close();
      probes.close();
      placement.close();
      hintCache.close();
      balancer.close();
      analyzer.close();
      monitor.close();
      await tracing.close();
    },
  };
};
