import * as prometheusIo from "@prometheus-io/client";
import { MetricsError, PerformanceMonitor } from "@route/metrics";
import * as promClient from "prom-client";
import { describe, expect, it } from "vitest";
import { clients, samplesOf } from "./clients.ts";

describe.each(clients)("on a registry of $client", ({ lib }) => {
  /** The same numbers in our metrics and in the client's own. */
  const twins = () => {
    const registry = new lib.Registry();
    const monitor = new PerformanceMonitor({ registry, buckets: [0.005, 0.1, 1] });
    const ours = {
      jobs: monitor.counter({ name: "jobs_total", help: 'Jobs "done"\nsince', labelNames: ["kind", "status"] }),
      depth: monitor.gauge({ name: "depth", help: "Depth" }),
      plain: monitor.histogram({ name: "plain_seconds", help: "Plain", buckets: [0.1, 1] }),
      wait: monitor.histogram({ name: "wait_seconds", help: "Wait", labelNames: ["kind"], buckets: [0.1, 1] }),
    };
    const own = new lib.Registry();
    const registers = [own];
    const theirs = {
      jobs: new lib.Counter({
        name: "jobs_total",
        help: 'Jobs "done"\nsince',
        labelNames: ["kind", "status"],
        registers,
      }),
      depth: new lib.Gauge({ name: "depth", help: "Depth", registers }),
      plain: new lib.Histogram({ name: "plain_seconds", help: "Plain", buckets: [0.1, 1], registers }),
      wait: new lib.Histogram({
        name: "wait_seconds",
        help: "Wait",
        labelNames: ["kind"],
        buckets: [0.1, 1],
        registers,
      }),
    };
    for (const [kind, status, amount] of [
      ["a", "ok", 1],
      ['a\n"b\\', "ok", 2.5],
      ["a", "ok", 0.1],
    ] as const) {
      ours.jobs.labels(kind, status).inc(amount);
      theirs.jobs.inc({ kind, status }, amount);
    }
    ours.depth.labels().set(-3.5);
    theirs.depth.set(-3.5);
    for (const value of [0.05, 0.1, 0.7, 30]) {
      ours.plain.labels().observe(value);
      theirs.plain.observe(value);
      ours.wait.labels("a").observe(value);
      theirs.wait.observe({ kind: "a" }, value);
    }
    return { registry, monitor, own };
  };
  const names = ["jobs_total", "depth", "plain_seconds", "wait_seconds"];

  it("is taken for what the client itself would have made: text, JSON, reset", async () => {
    const { registry, monitor, own } = twins();
    for (const name of names)
      expect(await registry.getSingleMetricAsString(name)).toBe(await own.getSingleMetricAsString(name));
    const json = (await registry.getMetricsAsJSON()).filter(({ name }) => names.includes(name));
    expect(json).toEqual(await own.getMetricsAsJSON());
    expect((await monitor.render()).body).toBe(await registry.metrics());
    registry.resetMetrics();
    expect(samplesOf(await registry.metrics(), "plain_seconds_count")).toEqual(["plain_seconds_count 0"]);
    expect(samplesOf(await registry.metrics(), "jobs_total")).toHaveLength(2);
  });

  it("keeps its names after an OpenMetrics page", async () => {
    const { registry, monitor } = twins();
    registry.setContentType(lib.Registry.OPENMETRICS_CONTENT_TYPE as never);
    const theirPage = await registry.metrics();
    expect(theirPage).toContain("# TYPE stateful_route_requests counter\nstateful_route_requests_total 0");
    registry.setContentType(lib.Registry.PROMETHEUS_CONTENT_TYPE as never);
    expect(await registry.metrics()).toContain(
      "# TYPE stateful_route_requests_total counter\nstateful_route_requests_total 0",
    );
    const ourPage = (await monitor.render("openmetrics")).body;
    // The clients leave the quotes of a help text as they are, which OpenMetrics does not allow.
    expect(ourPage).toContain('# HELP jobs Jobs \\"done\\"\\nsince\n');
    expect(ourPage.replace('\\"done\\"', '"done"')).toBe(theirPage);
  });

  it("merges and aggregates over a cluster like the client's own", async () => {
    const a = twins();
    const b = twins();
    const merged = lib.Registry.merge([a.registry, new lib.Registry()]);
    expect(await merged.metrics()).toBe(await a.registry.metrics());
    const aggregate = (registries: (typeof a.registry)[]) =>
      Promise.all(registries.map((registry) => registry.getMetricsAsJSON())).then((all) =>
        (lib.AggregatorRegistry ?? lib.Registry).aggregate(all as never),
      );
    const ours = await (await aggregate([a.registry, b.registry])).metrics();
    const theirs = await (await aggregate([a.own, b.own])).metrics();
    expect(ours).toContain(theirs.trimEnd());
  });

  it("shows the registry's default labels without keeping them", async () => {
    const { registry, monitor } = twins();
    registry.setDefaultLabels({ zone: "eu" });
    await registry.getMetricsAsJSON();
    expect((await monitor.render()).body).toContain('\ndepth{zone="eu"} -3.5\n');
    expect((await monitor.render()).body).toBe(await registry.metrics());
    registry.setDefaultLabels({});
    expect(await registry.metrics()).toContain("\ndepth -3.5\n");
  });

  it("shows the metrics of others beside its own, and outlives those that fail", async () => {
    const registry = new lib.Registry();
    const registers = [registry];
    new lib.Counter({ name: "theirs_total", help: "Theirs", registers }).inc(2);
    using monitor = new PerformanceMonitor({ registry });
    expect((await monitor.render()).body).toBe(await registry.metrics());
    new lib.Gauge({
      name: "broken",
      help: "Broken",
      registers,
      collect() {
        throw new Error("no");
      },
    });
    const text = (await monitor.render()).body;
    expect(text).toContain("theirs_total 2");
    expect(text).not.toContain("broken ");
    expect((await monitor.render()).body).toContain('collector_failures_total{metric="broken"} 2');
  });

  it("lets two monitors share a registry, and leaves it as it was at close", async () => {
    const registry = new lib.Registry();
    const first = new PerformanceMonitor({ registry, labels: { service: "chat" } });
    const second = new PerformanceMonitor({ registry, labels: { service: "game" } });
    const third = new PerformanceMonitor({ registry, labels: { service: "game" } });
    first.recordRequest(1, true);
    second.recordRequest(1, true);
    third.recordRequest(1, true);
    expect(samplesOf(await registry.metrics(), "stateful_route_requests_total")).toEqual([
      'stateful_route_requests_total{service="chat"} 1',
      'stateful_route_requests_total{service="game"} 2',
    ]);
    first.close();
    second.close();
    expect(samplesOf(await registry.metrics(), "stateful_route_requests_total")).toEqual([
      'stateful_route_requests_total{service="game"} 2',
    ]);
    third.close();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it("refuses a name that means something else on the registry", () => {
    const registry = new lib.Registry();
    const mine = new lib.Gauge({ name: "stateful_route_cache_size", help: "Mine", registers: [registry] });
    expect(() => new PerformanceMonitor({ registry })).toThrow(expect.objectContaining({ code: "metric-exists" }));
    expect(registry.getMetricsAsArray(), "nothing half done").toEqual([mine]);
    using monitor = new PerformanceMonitor();
    monitor.counter({ name: "a_total", help: "A" });
    const other = () => monitor.counter({ name: "a_total", help: "B" });
    expect(other).toThrow(expect.objectContaining({ code: "metric-mismatch" }));
    expect(other).toThrow(MetricsError);
  });
});

it("takes the registries of both clients as they are typed", () => {
  using first = new PerformanceMonitor({ registry: new promClient.Registry() });
  using second = new PerformanceMonitor({ registry: new prometheusIo.Registry() });
  first.addCustomMetric("a", new promClient.Gauge({ name: "a", help: "A", registers: [] }));
  second.addCustomMetric("a", new prometheusIo.Gauge({ name: "a", help: "A", registers: [] }));
  expect(first.registry.getSingleMetric("a")).toBeDefined();
  expect(second.registry.getSingleMetric("a")).toBeDefined();
});
