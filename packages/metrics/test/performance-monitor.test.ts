import { createServer } from "node:http";
import { MetricsError, PerformanceMonitor, routeMetricNames } from "@route/metrics";
import { Gauge } from "prom-client";
import { describe, expect, it } from "vitest";
import { samplesOf } from "./clients.ts";

const page = async (monitor: PerformanceMonitor): Promise<string> => (await monitor.render()).body;

describe("PerformanceMonitor", () => {
  it("has the eleven families from the start", async () => {
    using monitor = new PerformanceMonitor();
    const types = [...(await page(monitor)).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
    expect(Object.fromEntries(types)).toEqual({
      stateful_route_requests_total: "counter",
      stateful_route_request_duration_seconds: "histogram",
      stateful_route_request_errors_total: "counter",
      stateful_route_cache_hits_total: "counter",
      stateful_route_cache_misses_total: "counter",
      stateful_route_cache_size: "gauge",
      stateful_route_load_balancer_requests_total: "counter",
      stateful_route_pod_selection_duration_seconds: "histogram",
      stateful_route_health_check_total: "counter",
      stateful_route_health_check_duration_seconds: "histogram",
      stateful_route_health_check_failures_total: "counter",
    });
  });

  it("records requests by both signatures, in milliseconds, shown in seconds", async () => {
    using monitor = new PerformanceMonitor();
    monitor.recordRequest(5, true);
    monitor.recordRequest(250, false);
    monitor.recordRequest({ traceId: "4bf92f3577b34da6a3ce929d0e0e4736" }, 9);
    monitor.recordRequest(undefined, 9, new Error("refused"));
    expect(monitor.snapshot()).toMatchObject({
      request_total: 4,
      request_errors: 2,
      request_duration_seconds_count: 4,
      request_duration_seconds_sum: 0.273,
    });
    const lines = samplesOf(await page(monitor), "stateful_route_request_duration_seconds_bucket");
    expect(lines).toContain('stateful_route_request_duration_seconds_bucket{le="0.005"} 1');
    expect(lines).toContain('stateful_route_request_duration_seconds_bucket{le="0.01"} 3');
    expect(lines).toContain('stateful_route_request_duration_seconds_bucket{le="0.25"} 4');
  });

  it("records a request whose trace id no page can carry, without it", async () => {
    using monitor = new PerformanceMonitor();
    for (const traceId of ["x".repeat(121), "", 7]) monitor.recordRequest({ traceId }, 1);
    expect(monitor.snapshot().request_total).toBe(3);
    expect((await monitor.render("openmetrics")).body).not.toContain("trace_id");
  });

  it("records cache, load balancer and health checks", () => {
    using monitor = new PerformanceMonitor();
    expect(monitor.hitRate()).toBe(0);
    for (let i = 0; i < 3; i++) monitor.recordCacheHit();
    monitor.recordCacheMiss();
    monitor.setCacheSize(7);
    monitor.updateCacheSize(8);
    monitor.recordLoadBalancerRequest(0.002);
    monitor.recordHealthCheck(2, true);
    monitor.recordHealthCheck(3, false);
    expect(monitor.hitRate()).toBe(0.75);
    expect(monitor.snapshot()).toMatchObject({
      cache_hit_rate: 0.75,
      cache_hits: 3,
      cache_misses: 1,
      cache_size: 8,
      load_balancer_requests: 1,
      pod_selection_duration_seconds_count: 1,
      pod_selection_duration_seconds_sum: 0.000002,
      health_check_total: 2,
      health_check_failures: 1,
      health_check_duration_seconds_sum: 0.005,
    });
  });

  it("refuses numbers that are none, and records nothing of them", () => {
    using monitor = new PerformanceMonitor();
    const before = monitor.snapshot();
    for (const bad of [Number.NaN, Infinity, -Infinity, -1]) {
      expect(() => monitor.recordRequest(bad, true)).toThrow(RangeError);
      expect(() => monitor.recordRequest({}, bad)).toThrow(/durationMs must be a finite number >= 0, got/);
      expect(() => monitor.recordLoadBalancerRequest(bad)).toThrow(RangeError);
      expect(() => monitor.recordHealthCheck(bad, false)).toThrow(RangeError);
    }
    expect(() => monitor.recordRequest("12" as never, true)).toThrow(RangeError);
    // An outcome that was left out is no failure.
    for (const bad of [undefined, null, 0, 1, "true"]) {
      expect(() => monitor.recordRequest(1, bad as never)).toThrow(/success must be a boolean, got/);
      expect(() => monitor.recordHealthCheck(1, bad as never)).toThrow(TypeError);
    }
    expect(() => monitor.setCacheSize(Number.NaN)).toThrow(RangeError);
    expect(monitor.snapshot()).toEqual(before);
  });

  it("carries constant labels, and dynamic ones by recorder", async () => {
    using monitor = new PerformanceMonitor({ labels: { service: "chat" }, labelNames: ["pod", "strategy"] });
    const recorder = monitor.labels({ pod: 0 });
    expect(monitor.labels({ pod: "0" })).not.toBe(undefined);
    recorder.recordRequest(1, true);
    monitor.labels({ pod: "0" }).recordRequest(1, true);
    monitor.recordRequest(1, true);
    expect(samplesOf(await page(monitor), "stateful_route_requests_total")).toEqual([
      'stateful_route_requests_total{service="chat"} 1',
      'stateful_route_requests_total{service="chat",pod="0"} 2',
    ]);
    expect(monitor.snapshot().request_total).toBe(3);
    expect(() => monitor.labels({ region: "eu" })).toThrow(/label region is not one of labelNames/);
    monitor.removeLabels({ pod: 0 });
    recorder.recordRequest(1, true);
    expect(samplesOf(await page(monitor), "stateful_route_requests_total")).toHaveLength(1);
  });

  it("sends what is over the series limit to one overflow series, and counts it", async () => {
    using monitor = new PerformanceMonitor({ labelNames: ["pod"], maxSeries: 3 });
    for (let pod = 0; pod < 10; pod++) monitor.labels({ pod }).recordCacheHit();
    const text = await page(monitor);
    expect(samplesOf(text, "stateful_route_cache_hits_total")).toEqual([
      "stateful_route_cache_hits_total 0",
      'stateful_route_cache_hits_total{pod="0"} 1',
      'stateful_route_cache_hits_total{pod="1"} 1',
      'stateful_route_cache_hits_total{overflow="true"} 8',
    ]);
    expect(text).toContain('stateful_route_metrics_overflow_total{metric="stateful_route_cache_hits_total"} 8');
  });

  it("keeps the recorders of pods that come and go, however many there were", () => {
    using monitor = new PerformanceMonitor({ labelNames: ["pod"], maxSeries: 3 });
    for (let pod = 0; pod < 10; pod++) {
      monitor.labels({ pod }).recordCacheHit();
      monitor.removeLabels({ pod });
    }
    expect(monitor.labels({ pod: 10 })).toBe(monitor.labels({ pod: 10 }));
    expect(monitor.snapshot().cache_hits).toBe(0);
  });

  it("registers custom metrics for real", async () => {
    using monitor = new PerformanceMonitor();
    let depth = 3;
    monitor.addCustomMetric("queue_depth", () => depth);
    const open = new Gauge({ name: "open_sockets", help: "Open sockets", registers: [] });
    open.set(4);
    monitor.addCustomMetric("sockets", open);
    depth = 5;
    const text = await page(monitor);
    expect(text).toContain("\nqueue_depth 5\n");
    expect(text).toContain("\nopen_sockets 4\n");
    const metrics = await monitor.metrics();
    expect(Object.keys(metrics)).toEqual([...Object.keys(routeMetricNames), "queue_depth", "sockets"]);
    expect(metrics["sockets"]?.values?.[0]?.value).toBe(4);
    for (const taken of ["queue_depth", "stateful_route_cache_size"])
      expect(() => monitor.addCustomMetric(taken, () => 1)).toThrow(MetricsError);
    const other = new Gauge({ name: "open_sockets", help: "Other", registers: [] });
    expect(() => monitor.addCustomMetric("more", other)).toThrow(/already has a metric open_sockets/);
    expect(() => monitor.addCustomMetric("odd", {} as never)).toThrow(TypeError);
  });

  it("answers quantiles in process", () => {
    using monitor = new PerformanceMonitor({ quantiles: true });
    expect(monitor.quantileMs(0.5)).toBeUndefined();
    for (let ms = 1; ms <= 1000; ms++) monitor.recordRequest(ms, true);
    expect(Math.abs(monitor.quantileMs(0.5)! / 500 - 1)).toBeLessThan(0.02);
    expect(Math.abs(monitor.quantileMs(0.99)! / 990 - 1)).toBeLessThan(0.02);
    expect(monitor.snapshot().request_duration_seconds_p999).toBeCloseTo(0.999, 1);
    expect(monitor.quantileMs(0.5, "health_check_duration")).toBeUndefined();
    expect(() => monitor.quantileMs(1.5)).toThrow(RangeError);
  });

  it("leaves out a collector that fails, counts it, and tells the log once", async () => {
    const warnings: string[] = [];
    using monitor = new PerformanceMonitor({ log: { warn: (message) => warnings.push(message) } });
    monitor.addCustomMetric("broken", () => {
      throw new Error("no disk");
    });
    await page(monitor);
    const text = await page(monitor);
    expect(samplesOf(text, "broken")).toEqual([]);
    expect(text).toContain('stateful_route_metrics_collector_failures_total{metric="broken"} 2');
    expect(text).toContain("stateful_route_requests_total 0");
    expect(warnings).toEqual(["reading the metric broken failed"]);
  });

  it("unregisters at close, twice if asked", async () => {
    const monitor = new PerformanceMonitor();
    monitor.addCustomMetric("depth", () => 1);
    monitor.close();
    monitor.close();
    expect(await page(monitor)).toBe("");
  });

  it("counts a custom function that answers no number as failed, and shows no zero in its place", async () => {
    using monitor = new PerformanceMonitor();
    const answers = { text: "5", none: undefined, big: 5n, nan: Number.NaN, absent: null };
    for (const [name, answer] of Object.entries(answers)) monitor.addCustomMetric(name, () => answer as never);
    await page(monitor);
    const text = await page(monitor);
    for (const name of Object.keys(answers)) {
      expect(samplesOf(text, `${name} `)).toEqual([]);
      expect(text).toContain(`stateful_route_metrics_collector_failures_total{metric="${name}"} 2`);
    }
  });

  it("takes an option that is undefined for one that is not given", () => {
    const names = ["registry", "labels", "labelNames", "buckets", "quantiles", "maxSeries", "collectorTimeoutMs"];
    const options = Object.fromEntries([...names, "clock", "log"].map((name) => [name, undefined]));
    using monitor = new PerformanceMonitor(options);
    monitor.recordRequest(1, true);
    expect(monitor.snapshot().request_total).toBe(1);
  });

  it("does not take what every object has for a label's value", async () => {
    using monitor = new PerformanceMonitor({ labelNames: ["constructor", "toString"] });
    monitor.labels({ toString: "own" } as never).recordCacheHit();
    expect(samplesOf(await page(monitor), "stateful_route_cache_hits_total")).toEqual([
      "stateful_route_cache_hits_total 0",
      'stateful_route_cache_hits_total{toString="own"} 1',
    ]);
  });

  it.each([
    ["type", "counter", {}],
    ["help", "gauge", { help: "Other" }],
    ["aggregator", "gauge", { aggregator: "max" }],
  ] as const)("throws `metric-mismatch` for a family with another %s", (difference, type, options) => {
    using monitor = new PerformanceMonitor();
    const some = { name: "some_total", help: "Some" };
    monitor.gauge(some);
    const ask = () => monitor[type]({ ...some, ...options });
    expect(ask).toThrow(expect.objectContaining({ code: "metric-mismatch" }));
    expect(ask).toThrow(`another ${difference}`);
  });

  it.each([
    ["buckets", { buckets: [1, 3] }],
    ["quantiles", { quantiles: true }],
  ])("throws `metric-mismatch` for a histogram with other %s", (difference, options) => {
    using monitor = new PerformanceMonitor();
    const some = { name: "some", help: "Some", buckets: [1, 2] };
    monitor.histogram(some);
    expect(() => monitor.histogram({ ...some, ...options })).toThrow(`another ${difference}`);
  });

  it.each([
    [{ maxSeries: 0 }, RangeError, /maxSeries must be an integer >= 1, got 0/],
    [{ collectorTimeoutMs: Number.NaN }, RangeError, /collectorTimeoutMs/],
    [{ labels: { "1x": "a" } }, RangeError, /label name must match/],
    [{ labels: { uid: "u1" } }, RangeError, /"uid" is refused/],
    [{ labelNames: ["uid"] }, RangeError, /"uid" is refused/],
    [{ labels: { pod: 1 }, labelNames: ["pod"] }, RangeError, /distinct/],
    [{ labels: { pod: true as never } }, TypeError, /label value must be a string or a number, got boolean/],
    [{ buckets: [2, 1] }, RangeError, /buckets must be finite and strictly ascending/],
    [{ buckets: [] }, RangeError, /buckets/],
    [{ buckets: 5 as never }, TypeError, /buckets must be an array of numbers, got 5/],
    [{ quantiles: "yes" as never }, TypeError, /quantiles must be a boolean, got "yes"/],
    [{ labels: null as never }, TypeError, /labels must be an object, got null/],
    [{ labels: "pod" as never }, TypeError, /labels must be an object, got "pod"/],
    [{ labelNames: "pod" as never }, TypeError, /labelNames must be an array of strings, got "pod"/],
    [{ registry: {} as never }, TypeError, /registry must be a Registry of .*, got \[object Object\]/],
    [{ registry: null as never }, TypeError, /registry must be a Registry/],
    [{ clock: {} as never }, TypeError, /clock must be an object with a method now\(\)/],
    [{ clock: null as never }, TypeError, /clock must be/],
    [{ log: {} as never }, TypeError, /log must be an object with a method warn\(\)/],
    [5 as never, TypeError, /options must be an object, got 5/],
  ])("refuses %o", (options, type, message) => {
    const make = (): PerformanceMonitor => new PerformanceMonitor(options);
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });

  it("refuses a bad argument where it is given, not when the next request or page comes", () => {
    using monitor = new PerformanceMonitor({ labelNames: ["pod"] });
    const named = { name: "some", help: "Some" };
    const refused: readonly [() => unknown, typeof TypeError | typeof RangeError, RegExp][] = [
      [
        () => monitor.gauge({ ...named, aggregator: "median" as never }),
        RangeError,
        /aggregator of some must be one of/,
      ],
      [() => monitor.counter(undefined as never), TypeError, /options of a metric must be an object, got undefined/],
      [() => monitor.gauge(null as never), TypeError, /options of a metric must be an object, got null/],
      [() => monitor.histogram("some" as never), TypeError, /options of a metric must be an object, got "some"/],
      [() => monitor.gauge({ ...named, collect: 5 as never }), TypeError, /collect must be a function, got 5/],
      [() => monitor.gauge({ ...named, labelNames: "pod" as never }), TypeError, /labelNames must be an array/],
      [() => monitor.labels(null as never), TypeError, /labels must be an object, got null/],
      [() => monitor.quantileMs(2), RangeError, /ratio must be from 0 to 1, got 2/],
      [() => monitor.quantileMs(0.5, "cache" as never), RangeError, /duration must be one of .*, got "cache"/],
      [() => monitor.addCustomMetric("some", null as never), TypeError, /a custom metric must be a function or/],
      [() => monitor.instrument({} as never), TypeError, /server must be a server of node:http/],
      [() => monitor.instrument(createServer(), { ignore: "/" as never }), TypeError, /ignore must be a function/],
      [() => monitor.instrument(createServer(), { isSuccess: 1 as never }), TypeError, /isSuccess must be a function/],
    ];
    for (const [call, type, message] of refused) {
      expect(call).toThrow(type);
      expect(call).toThrow(message);
    }
    expect(monitor.registry.getMetricsAsArray(), "nothing half done").toHaveLength(11);
  });
});
