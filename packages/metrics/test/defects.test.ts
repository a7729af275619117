// What all clients get wrong, one test each: none of it may be true of our metrics.
import { Meter, PerformanceMonitor } from "@route/metrics";
import { describe, expect, it } from "vitest";
import { clients, samplesOf } from "./clients.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

it("keeps label values apart that look alike when joined", async () => {
  using meter = new Meter();
  const family = meter.counter({ name: "n_total", help: "N", labelNames: ["a", "b"] });
  const pairs = [
    ["1,b:2", ""],
    ["1", "2"],
    ["1|2", ""],
    ["1", "2|"],
    ["1|", "2"],
    ['1","b":"2', ""],
  ] as const;
  for (const [a, b] of pairs) family.labels(a, b).inc();
  const samples = samplesOf((await meter.render()).body, "n_total");
  expect(new Set(samples).size).toBe(pairs.length);
  expect(samples.every((line) => line.endsWith(" 1"))).toBe(true);
});

it("takes a number and its text for one series", async () => {
  using meter = new Meter();
  const family = meter.counter({ name: "n_total", help: "N", labelNames: ["pod"] });
  expect(family.labels(1)).toBe(family.labels("1"));
  expect(() => family.labels()).toThrow(/expected 1 label value\(s\), got 0/);
  expect(() => family.labels(null as never)).toThrow(TypeError);
});

it("takes ill-formed strings for the text that they become on the wire", async () => {
  using meter = new Meter();
  const family = meter.counter({ name: "n_total", help: "N", labelNames: ["a", "b"] });
  expect(family.labels("\ud800", 1)).toBe(family.labels("\udfff", "1"));
  family.labels("\ufffd", 1).inc();
  expect(samplesOf((await meter.render()).body, "n_total")).toEqual(['n_total{a="\ufffd",b="1"} 1']);
});

it("does not follow a caller who changes the labels afterwards", async () => {
  const labels = { service: "chat" };
  const labelNames = ["pod"];
  using monitor = new PerformanceMonitor({ labels, labelNames });
  labels.service = "game";
  labelNames[0] = "zone";
  monitor.labels({ pod: 1 }).recordCacheHit();
  expect((await monitor.render()).body).toContain('stateful_route_cache_hits_total{service="chat",pod="1"} 1');
});

it("goes on with its numbers when a series was removed, unseen", async () => {
  using meter = new Meter();
  const family = meter.counter({ name: "n_total", help: "N", labelNames: ["pod"] });
  const gone = family.labels(1);
  gone.inc(5);
  expect(family.remove(1)).toBe(true);
  expect(family.remove(1)).toBe(false);
  family.labels(2).inc(7);
  gone.inc();
  expect(gone.value).toBe(6);
  expect(samplesOf((await meter.render()).body, "n_total")).toEqual(['n_total{pod="2"} 7']);
  family.labels(1).inc();
  expect(samplesOf((await meter.render()).body, "n_total")).toContain('n_total{pod="1"} 1');
});

it("lets the event loop turn while a large page is made", async () => {
  using meter = new Meter({ maxSeries: 10_000 });
  const family = meter.counter({ name: "n_total", help: "N", labelNames: ["i"] });
  for (let i = 0; i < 10_000; i++) family.labels(i).inc(i);
  let turns = 0;
  let rendering = true;
  const count = (): void => {
    turns++;
    family.labels("0").inc();
    if (rendering) setImmediate(count);
  };
  setImmediate(count);
  const { body } = await meter.render();
  rendering = false;
  expect(turns).toBeGreaterThan(3);
  expect(samplesOf(body, "n_total")).toHaveLength(10_000);
  expect(body).toContain('\nn_total{i="9999"} 9999\n');
});

it("does not wait for ever for a collector that never answers", async () => {
  using monitor = new PerformanceMonitor({ collectorTimeoutMs: 5 });
  monitor.addCustomMetric("stuck", () => new Promise<number>(() => {}));
  expect(samplesOf((await monitor.render()).body, "stuck")).toEqual([]);
  expect((await monitor.render()).body).toContain('collector_failures_total{metric="stuck"} 2');
});

it("runs all collectors of a page at once, as the clients do", async () => {
  using monitor = new PerformanceMonitor();
  let second = Promise.withResolvers<void>();
  // One after the other, the first would wait for ever.
  monitor.addCustomMetric("first", () => second.promise.then(() => 1));
  monitor.addCustomMetric("second", () => {
    second.resolve();
    return 2;
  });
  for (const format of ["prometheus", "openmetrics"] as const) {
    expect((await monitor.render(format)).body).toMatch(/\nfirst 1\n(.*\n)+second 2\n/);
    second = Promise.withResolvers();
  }
  expect((await monitor.render("json")).body).toMatch(/"value":1\b.*"value":2\b/);
  second = Promise.withResolvers();
  const { first } = await monitor.metrics();
  expect(first?.values?.[0]?.value).toBe(1);
});

it("samples a gauge at most once per interval, and again at once after a failure", async () => {
  let nowMs = 0;
  let calls = 0;
  let works = true;
  using meter = new Meter({ clock: { now: () => nowMs } });
  meter.gauge({
    name: "g",
    help: "G",
    collectIntervalMs: 100,
    collect: () => {
      if (!works) throw new Error("no");
      return ++calls;
    },
  });
  const sample = async () => samplesOf((await meter.render()).body, "g ");
  expect(await sample()).toEqual(["g 1"]);
  nowMs = 99;
  expect(await sample()).toEqual(["g 1"]);
  nowMs = 100;
  expect(await sample()).toEqual(["g 2"]);
  works = false;
  nowMs = 200;
  expect(await sample()).toEqual([]);
  works = true;
  expect(await sample()).toEqual(["g 3"]);
});

describe.each(clients)("on a registry of $client", ({ lib }) => {
  it("lets a page of the client's go on when one of our collectors fails", async () => {
    const registry = new lib.Registry();
    using monitor = new PerformanceMonitor({ registry });
    monitor.addCustomMetric("broken", () => {
      throw new Error("no");
    });
    expect(await registry.metrics()).toContain("stateful_route_requests_total 0");
    expect(samplesOf(await registry.metrics(), "broken")).toEqual([]);
  });

  it("has exemplars on a text registry too, and shows them where the format has them", async () => {
    const registry = new lib.Registry();
    using monitor = new PerformanceMonitor({ registry, buckets: [1], clock: { now: () => 1_700_000_000_000 } });
    monitor.recordRequest({ traceId }, 5);
    monitor.recordRequest({ traceId: "" }, 5);
    expect(await registry.metrics()).not.toContain("trace_id");
    registry.setContentType(lib.Registry.OPENMETRICS_CONTENT_TYPE as never);
    const line = `stateful_route_request_duration_seconds_bucket{le="1"} 2 # {trace_id="${traceId}"} 0.005 1700000000`;
    expect((await registry.metrics()).split("\n")).toContain(line);
    expect((await monitor.render("openmetrics")).body).toBe(await registry.metrics());
    registry.resetMetrics();
    expect((await monitor.render("openmetrics")).body).not.toContain("trace_id");
  });

  it("prints what is not a number as Prometheus spells it", async () => {
    const registry = new lib.Registry();
    const gauge = new lib.Gauge({ name: "theirs", help: "Theirs", labelNames: ["is"], registers: [registry] });
    const collected = {
      ...(await gauge.get()),
      values: [Number.NaN, Infinity, -Infinity].map((value) => ({ value, labels: {} })),
    };
    Object.assign(gauge, { get: async () => collected });
    using meter = new Meter({ registry });
    expect(samplesOf((await meter.render()).body, "theirs")).toEqual(["theirs NaN", "theirs +Inf", "theirs -Inf"]);
  });

  it("comes back after registry.clear(), with its numbers", async () => {
    const registry = new lib.Registry();
    const first = new PerformanceMonitor({ registry });
    first.recordRequest(1, true);
    registry.clear();
    expect(await registry.metrics()).not.toContain("stateful_route");
    using second = new PerformanceMonitor({ registry });
    second.recordRequest(1, true);
    expect(await registry.metrics()).toContain("stateful_route_requests_total 2");
    registry.clear();
    first.close();
  });

  it("can be made a hundred times without leaving anything behind", async () => {
    const registry = new lib.Registry();
    for (let i = 0; i < 100; i++) {
      using monitor = new PerformanceMonitor({ registry, labelNames: ["pod"], maxSeries: 1 });
      monitor.labels({ pod: i }).recordRequest(1, true);
      await registry.metrics();
    }
    expect(registry.getMetricsAsArray()).toEqual([]);
  });
});
