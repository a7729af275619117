// What is left of a monitor after close(): nothing on the registry, nothing that runs, nothing that can be begun.
import { createServer } from "node:http";
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Meter, PerformanceMonitor } from "@route/metrics";
import { ProcessMetrics } from "@route/metrics/process";
import parse from "parse-prometheus-text-format";
import { Gauge, Registry } from "prom-client";
import { describe, expect, it, vi } from "vitest";
import { SlotPages } from "../src/store/slots.ts";

const closedMonitor = (): PerformanceMonitor => {
  const monitor = new PerformanceMonitor({ labelNames: ["pod"] });
  monitor.close();
  return monitor;
};

describe("a closed monitor", () => {
  it.each<[string, (monitor: PerformanceMonitor) => unknown]>([
    ["counter", (monitor) => monitor.counter({ name: "late_total", help: "Late" })],
    ["gauge", (monitor) => monitor.gauge({ name: "late", help: "Late" })],
    ["histogram", (monitor) => monitor.histogram({ name: "late", help: "Late" })],
    ["custom function", (monitor) => monitor.addCustomMetric("late", () => 1)],
    [
      "custom metric of a client",
      (monitor) => monitor.addCustomMetric("late", new Gauge({ name: "late", help: "Late", registers: [] })),
    ],
    ["instrumented server", (monitor) => monitor.instrument(createServer())],
  ])("has no new %s", (_, begin) => {
    const monitor = closedMonitor();
    expect(() => begin(monitor)).toThrow(expect.objectContaining({ code: "closed" }));
    expect(monitor.registry.getMetricsAsArray()).toEqual([]);
  });

  it("can be recorded to, unseen", async () => {
    const monitor = closedMonitor();
    monitor.recordRequest(1, true);
    monitor.labels({ pod: 1 }).recordRequest({ traceId: "t" }, 1, new Error("no"));
    monitor.removeLabels({ pod: 1 });
    expect((await monitor.render()).body).toBe("");
    expect((await monitor.render("openmetrics")).body).toBe("# EOF\n");
  });

  it("takes off the registry what it put there, and leaves what its maker put there", () => {
    const registry = new Registry();
    const theirs = new Gauge({ name: "theirs", help: "Theirs", registers: [registry] });
    const monitor = new PerformanceMonitor({ registry });
    monitor.addCustomMetric("theirs", theirs);
    monitor.addCustomMetric("ours", new Gauge({ name: "ours", help: "Ours", registers: [] }));
    monitor.close();
    expect(registry.getMetricsAsArray()).toEqual([theirs]);
  });

  it("leaves to others a name that they took after a registry.clear()", () => {
    const registry = new Registry();
    const monitor = new PerformanceMonitor({ registry });
    registry.clear();
    const theirs = new Gauge({ name: "stateful_route_cache_size", help: "Theirs", registers: [registry] });
    monitor.close();
    expect(registry.getMetricsAsArray()).toEqual([theirs]);
  });

  it("no longer calls its collectors where another uses the family", async () => {
    const registry = new Registry();
    using stays = new Meter({ registry });
    const leaves = new Meter({ registry });
    let calls = 0;
    const depth = { name: "depth", help: "Depth" };
    stays.gauge(depth);
    leaves.gauge({ ...depth, collect: () => ++calls });
    await stays.render();
    leaves.close();
    await stays.render();
    expect(calls).toBe(1);
  });

  it.each(["prometheus", "openmetrics", "json"] as const)("ends a page in the making, as %s", async (format) => {
    const registry = new Registry();
    new Gauge({ name: "theirs", help: "Theirs", registers: [registry] }).set(5);
    const monitor = new PerformanceMonitor({ registry });
    const { promise, resolve } = Promise.withResolvers<number>();
    monitor.addCustomMetric("slow", () => promise);
    const page = monitor.render(format);
    monitor.close();
    resolve(1);
    const { body } = await page;
    expect(body).toContain("theirs");
    if (format === "json") expect(JSON.parse(body)).toContainEqual(expect.objectContaining({ name: "theirs" }));
    else expect(parse(body.replace(/# EOF\n$/, ""))).toContainEqual(expect.objectContaining({ name: "theirs" }));
  });
});

it("the place of a removed series is used again", () => {
  const pages = new SlotPages(2);
  const slot = pages.allocate();
  const { values, offset } = slot;
  pages.release(slot);
  const next = pages.allocate();
  expect([next.values === values, next.offset]).toEqual([true, offset]);
});

it("closed process metrics leave no timer and no observer behind", async () => {
  let readings = 0;
  const disconnect = vi.spyOn(PerformanceObserver.prototype, "disconnect");
  try {
    const clock = { now: () => ++readings };
    const metrics = new ProcessMetrics({ registry: new Registry(), eventLoopIntervalMs: 1, clock });
    metrics.close();
    expect(disconnect).toHaveBeenCalledOnce();
  } finally {
    disconnect.mockRestore();
  }
  readings = 0;
  await sleep(20);
  expect(readings).toBe(0);
});
