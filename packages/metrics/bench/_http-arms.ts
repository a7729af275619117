import type { Server } from "node:http";
import { PerformanceMonitor } from "@route/metrics";
import { Counter, Histogram, Registry } from "prom-client";
import type { Recorder, Route } from "./_http-route.ts";

/** prom-client behind the same methods. */
const plainRecorder = (): Recorder => {
  const registers = [new Registry()];
  const counter = (name: string) => new Counter({ name, help: name, registers });
  const histogram = (name: string) => new Histogram({ name, help: name, registers });
  const requests = counter("requests_total");
  const duration = histogram("request_duration_seconds");
  const errors = counter("request_errors_total");
  const hits = counter("cache_hits_total");
  const choices = counter("load_balancer_requests_total");
  const selection = histogram("pod_selection_duration_seconds");
  const checks = counter("health_check_total");
  const check = histogram("health_check_duration_seconds");
  const failures = counter("health_check_failures_total");
  return {
    recordRequest(durationMs, success) {
      requests.inc();
      duration.observe(durationMs / 1000);
      if (!success) errors.inc();
    },
    recordCacheHit: () => hits.inc(),
    recordLoadBalancerRequest(durationMs) {
      choices.inc();
      selection.observe(durationMs / 1000);
    },
    recordHealthCheck(durationMs, success) {
      checks.inc();
      check.observe(durationMs / 1000);
      if (!success) failures.inc();
    },
  };
};

/** What a server does about a request, and what is attached to the server while it does that. */
export interface Contender {
  readonly route: Route;
  attach?(server: Server): Disposable;
}

/** A copy of the routes' code of its own, so that each arm is compiled for what it does, as in a server of its own. */
const copyFor = (arm: string): Promise<typeof import("./_http-route.ts")> => import(`./_http-route.ts?${arm}`);

/** `control` is `bare` once more: what differs between these two is noise. */
export const arms = {
  bare: async () => ({ route: (await copyFor("bare")).bare }),
  control: async () => ({ route: (await copyFor("control")).bare }),
  clock: async () => ({ route: (await copyFor("clock")).timed }),
  plain: async () => ({ route: (await copyFor("plain")).recorded(plainRecorder()) }),
  ours: async () => ({ route: (await copyFor("ours")).recorded(new PerformanceMonitor()) }),
  atClose: async () => ({ route: (await copyFor("atClose")).recordedAtClose(new PerformanceMonitor()) }),
  instrumented: async () => {
    const monitor = new PerformanceMonitor();
    const { bare } = await copyFor("instrumented");
    return { route: bare, attach: (server) => monitor.instrument(server) };
  },
} as const satisfies Readonly<Record<string, () => Promise<Contender>>>;

export type Arm = keyof typeof arms;
