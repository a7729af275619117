import type { ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { PerformanceMonitor } from "@route/metrics";
import { Counter, Histogram, Registry } from "prom-client";

/** What is done at each request: nothing, a clock and a listener, or those and the records. */
export const arms = ["bare", "clock", "plain", "ours", "instrumented"] as const;
export type Arm = (typeof arms)[number];

export interface ServerReport {
  /** CPU time per request of each arm, one group after the other. */
  readonly cpuUsPerRequest: readonly Readonly<Record<Arm, number>>[];
}

export interface LoadReport {
  readonly answered: number;
}

/** The seven records of a routed request: two of the request, a hit, two of the load balancer, two of a health check. */
interface Recorder {
  recordRequest(durationMs: number, success: boolean): void;
  recordCacheHit(): void;
  recordLoadBalancerRequest(durationMs: number): void;
  recordHealthCheck(durationMs: number, success: boolean): void;
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

/** Called at the start of a request; records at its end. */
export type Middleware = (response: ServerResponse) => void;

// A closure, not a property of the response: a property would change its shape, and slow down all of node:http.
const recording =
  (recorder: Recorder): Middleware =>
  (response) => {
    const startedMs = performance.now();
    response.on("close", () => {
      const durationMs = performance.now() - startedMs;
      recorder.recordRequest(durationMs, response.statusCode < 500);
      recorder.recordCacheHit();
      recorder.recordLoadBalancerRequest(durationMs / 64);
      recorder.recordHealthCheck(durationMs / 8, true);
    });
  };

/** What each arm does besides answering; `instrumented` is attached to the server instead. */
export const middlewares: Readonly<Record<Arm, Middleware>> = {
  bare: () => {},
  clock: recording({ recordRequest() {}, recordCacheHit() {}, recordLoadBalancerRequest() {}, recordHealthCheck() {} }),
  plain: recording(plainRecorder()),
  ours: recording(monitor),
  instrumented: () => {},
};
