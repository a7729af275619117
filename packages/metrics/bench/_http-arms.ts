import { PerformanceMonitor } from "@route/metrics";
import { Counter, Histogram, Registry } from "prom-client";
import type { Recorder, Route } from "./_http-route.ts";

/** What a request does besides its answer: nothing, two readings of the clock, those and the seven records. */
export const arms = ["bare", "clock", "plain", "ours", "atClose", "instrumented"] as const;
export type Arm = (typeof arms)[number];

export interface ServerReport {
  /** CPU time per request of each arm, one group after the other. */
  readonly cpuUsPerRequest: readonly Readonly<Record<Arm, number>>[];
}

export interface LoadReport {
  readonly answered: number;
}

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

export const monitor: PerformanceMonitor = new PerformanceMonitor();

/** A copy of the route's code of its own, so that each arm is compiled for what it does, as in a server of its own. */
const copyFor = (arm: Arm): Promise<typeof import("./_http-route.ts")> => import(`./_http-route.ts?${arm}`);

/** What each arm does; `instrumented` is attached to the server instead. */
export const routes: Readonly<Record<Arm, Route>> = {
  bare: (await copyFor("bare")).answered,
  clock: (await copyFor("clock")).timed,
  plain: (await copyFor("plain")).recorded(plainRecorder()),
  ours: (await copyFor("ours")).recorded(monitor),
  atClose: (await copyFor("atClose")).recordedAtClose(monitor),
  instrumented: (await copyFor("instrumented")).answered,
};
