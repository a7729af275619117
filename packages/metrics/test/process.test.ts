import { PerformanceMonitor } from "@route/metrics";
import { ProcessMetrics } from "@route/metrics/process";
import { collectDefaultMetrics, Registry } from "prom-client";
import { expect, it } from "vitest";

const sampleValue = (page: string, sample: string): number =>
  Number(
    page
      .split("\n")
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length),
  );

it("shows the process on a registry, once, until the last is closed", async () => {
  const registry = new Registry();
  const first = new ProcessMetrics({ registry });
  const second = new ProcessMetrics({ registry });
  first.close();
  const page = await registry.metrics();
  expect(sampleValue(page, "process_resident_memory_bytes")).toBeGreaterThan(1e6);
  expect(sampleValue(page, "nodejs_heap_size_used_bytes")).toBeGreaterThan(1e5);
  expect(sampleValue(page, "process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(page).toContain('nodejs_gc_duration_seconds_count{kind="major"}');
  second.close();
  second.close();
  expect(registry.getMetricsAsArray()).toEqual([]);
});

it("leaves the names of a client's default metrics to them", async () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  using metrics = new ProcessMetrics({ registry });
  expect(metrics.skipped).toContain("process_cpu_seconds_total");
  expect(metrics.skipped).not.toContain("nodejs_eventloop_delay_seconds");
  expect(await registry.metrics()).toContain("nodejs_eventloop_delay_seconds_count");
});

it("samples the event loop", async () => {
  using monitor = new PerformanceMonitor();
  using _metrics = new ProcessMetrics({ registry: monitor.registry, eventLoopIntervalMs: 1 });
  const count = async () => sampleValue((await monitor.render()).body, "nodejs_eventloop_delay_seconds_count");
  await expect.poll(count, { interval: 20 }).toBeGreaterThan(3);
});

it("refuses a bad interval", () => {
  expect(() => new ProcessMetrics({ registry: new Registry(), eventLoopIntervalMs: 0 })).toThrow(
    /eventLoopIntervalMs must be a finite number >= 1, got 0/,
  );
});
