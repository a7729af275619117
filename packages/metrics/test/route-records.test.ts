// Durations wait before they are sorted into buckets: nobody who reads may notice.
import { PerformanceMonitor, routeMetricNames } from "@route/metrics";
import fc from "fast-check";
import { Registry } from "prom-client";
import { expect, it } from "vitest";

const bounds = [0.001, 0.01, 0.1];
const durationMs = fc.oneof(fc.constantFrom(0, 1, 10, 100), fc.double({ min: 0, max: 1000, noNaN: true }));
const success = fc.boolean();
const by = fc.constantFrom(0, 1);
const times = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 150 }));
const kind = <Kind extends string>(name: Kind) => fc.constant(name);

const step = fc.oneof(
  fc.record({ kind: kind("request"), by, times, durationMs, success, isTraced: fc.boolean() }),
  fc.record({ kind: kind("look-up"), by, times, success }),
  fc.record({ kind: kind("selection"), by, times, durationMs }),
  fc.record({ kind: kind("check"), by, times, durationMs, success }),
  fc.record({ kind: kind("read"), by, as: fc.constantFrom("page", "json", "snapshot", "handle", "quantile") }),
  fc.record({ kind: kind("reset") }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What was recorded since the last reset, each event by itself. */
class Model {
  requests: { ms: number; ok: boolean }[] = [];
  checks: { ms: number; ok: boolean }[] = [];
  selections: number[] = [];
  hits = 0;
  misses = 0;
}

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

const record = (monitor: PerformanceMonitor, model: Model, step: Step): void => {
  if (step.kind === "request") {
    const { durationMs: ms, success: ok } = step;
    if (step.isTraced) monitor.recordRequest({ traceId }, ms, ok ? undefined : new Error("no"));
    else monitor.recordRequest(ms, ok);
    model.requests.push({ ms, ok });
  } else if (step.kind === "look-up") {
    if (step.success) model.hits++;
    else model.misses++;
    if (step.success) monitor.recordCacheHit();
    else monitor.recordCacheMiss();
  } else if (step.kind === "selection") {
    monitor.recordLoadBalancerRequest(step.durationMs);
    model.selections.push(step.durationMs);
  } else if (step.kind === "check") {
    monitor.recordHealthCheck(step.durationMs, step.success);
    model.checks.push({ ms: step.durationMs, ok: step.success });
  }
};

const seconds = (ms: readonly number[]) =>
  expect.closeTo(
    ms.reduce((sum, one) => sum + one / 1000, 0),
    6,
  );

const expected = (model: Model) => ({
  request_total: model.requests.length,
  request_errors: model.requests.filter(({ ok }) => !ok).length,
  request_duration_seconds_count: model.requests.length,
  request_duration_seconds_sum: seconds(model.requests.map(({ ms }) => ms)),
  cache_hits: model.hits,
  cache_misses: model.misses,
  load_balancer_requests: model.selections.length,
  pod_selection_duration_seconds_count: model.selections.length,
  pod_selection_duration_seconds_sum: seconds(model.selections),
  health_check_total: model.checks.length,
  health_check_failures: model.checks.filter(({ ok }) => !ok).length,
  health_check_duration_seconds_count: model.checks.length,
  health_check_duration_seconds_sum: seconds(model.checks.map(({ ms }) => ms)),
});

/** `le` and count of each bucket of the requests, as a page shows them. */
const bucketsOf = (model: Model): string[] =>
  [...bounds, Infinity].map((bound) => {
    const count = model.requests.filter(({ ms }) => ms / 1000 <= bound).length;
    return `${routeMetricNames.request_duration}_bucket{le="${bound === Infinity ? "+Inf" : bound}"} ${count}`;
  });

const read = async (monitor: PerformanceMonitor, model: Model, as: string): Promise<void> => {
  if (as === "snapshot") expect(monitor.snapshot()).toMatchObject(expected(model));
  else if (as === "quantile") {
    const longestMs = Math.max(...model.requests.map(({ ms }) => ms));
    if (model.requests.length === 0) expect(monitor.quantileMs(1)).toBeUndefined();
    else if (longestMs > 0.001) expect(monitor.quantileMs(1)! / longestMs).toBeCloseTo(1, 1);
  } else if (as === "handle") {
    const total = monitor.counter({ name: routeMetricNames.request_total, help: "Total number of routing requests" });
    expect(total.labels().value).toBe(model.requests.length);
  } else if (as === "json") {
    const { request_total, pod_selection_duration } = await monitor.metrics();
    expect(request_total?.values?.[0]?.value).toBe(model.requests.length);
    expect(pod_selection_duration?.values?.at(-1)?.value).toBe(model.selections.length);
  } else expect((await monitor.render()).body.split("\n")).toEqual(expect.arrayContaining(bucketsOf(model)));
};

it("any interleaving of records and readings by two monitors on one registry agrees with a naive model", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const registry = new Registry();
      using first = new PerformanceMonitor({ registry, buckets: bounds, quantiles: true });
      using second = new PerformanceMonitor({ registry, buckets: bounds, quantiles: true });
      const monitors = [first, second];
      let model = new Model();
      for (const one of steps) {
        if (one.kind === "reset") {
          registry.resetMetrics();
          model = new Model();
        } else if (one.kind === "read") await read(monitors[one.by]!, model, one.as);
        else for (let time = 0; time < one.times; time++) record(monitors[one.by]!, model, one);
      }
      expect(first.snapshot()).toMatchObject(expected(model));
    }),
    { numRuns: 60 },
  );
});

it("what waits when a series is taken away stays with it", () => {
  using monitor = new PerformanceMonitor({ labelNames: ["pod"], quantiles: true });
  const pod = monitor.labels({ pod: 0 });
  pod.recordRequest(5, true);
  monitor.removeLabels({ pod: 0 });
  expect(monitor.quantileMs(0.5)).toBeCloseTo(5, 0);
  pod.recordRequest(5, true);
  monitor.labels({ pod: 0 }).recordRequest(7, false);
  expect(monitor.snapshot()).toMatchObject({
    request_total: 1,
    request_errors: 1,
    request_duration_seconds_sum: 0.007,
  });
});
