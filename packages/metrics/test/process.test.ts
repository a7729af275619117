import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PerformanceMonitor } from "@route/metrics";
import { ProcessMetrics } from "@route/metrics/process";
import { collectDefaultMetrics, Registry } from "prom-client";
import { expect, it } from "vitest";
import { patience } from "./patience.ts";

const sampleValue = (page: string, sample: string): number =>
  Number(
    page
      .split("\n")
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length),
  );

const registryPage = (monitor: PerformanceMonitor): Promise<string> => (monitor.registry as Registry).metrics();

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
  await expect.poll(count, patience).toBeGreaterThan(3);
});

it("leaves out what a page itself takes", async () => {
  let nowMs = 0;
  using monitor = new PerformanceMonitor();
  using _metrics = new ProcessMetrics({
    registry: monitor.registry,
    eventLoopIntervalMs: 1,
    clock: { now: () => nowMs },
  });
  const pages: number[] = [0, 0];
  monitor.addCustomMetric("slow", () => {
    nowMs += pages.length > 0 ? 1000 : 0;
    return pages.pop() ?? 0;
  });
  const delaySum = async () => sampleValue((await monitor.render()).body, "nodejs_eventloop_delay_seconds_sum");
  await delaySum();
  await sleep(20);
  await delaySum();
  await sleep(20);
  expect(await delaySum()).toBe(0);
  // A timer that was due first fires first: ticks follow the page, then the delay, then the next page.
  await sleep(20);
  nowMs += 1000;
  await sleep(20);
  expect(await delaySum()).toBe(0.999);
});

it("leaves out what passes between two pages without a tick", async () => {
  using monitor = new PerformanceMonitor();
  using _metrics = new ProcessMetrics({ registry: monitor.registry, eventLoopIntervalMs: 60_000 });
  const active = async () => sampleValue(await registryPage(monitor), "nodejs_eventloop_active_seconds_total");
  const first = await active();
  await sleep(5);
  expect(await active()).toBe(first);
});

it("counts what keeps the event loop alive, and goes back to 0", async () => {
  using monitor = new PerformanceMonitor();
  using _metrics = new ProcessMetrics({ registry: monitor.registry });
  const servers = async () =>
    sampleValue(await registryPage(monitor), 'nodejs_active_resources{type="TCPServerWrap"}') || 0;
  const before = await servers();
  {
    await using server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    expect(await servers()).toBe(before + 1);
  }
  await expect.poll(servers, patience).toBe(before);
});

it.runIf(existsSync("/proc/self/fd"))("counts open files, the reading itself left out", async () => {
  using monitor = new PerformanceMonitor();
  using _metrics = new ProcessMetrics({ registry: monitor.registry });
  const open = async () => sampleValue(await registryPage(monitor), "process_open_fds");
  // Others open and close files meanwhile, but not all the time.
  await expect.poll(async () => (await open()) - (readdirSync("/proc/self/fd").length - 1), patience).toBe(0);
});

it("sees garbage collections", async () => {
  using monitor = new PerformanceMonitor();
  using _metrics = new ProcessMetrics({ registry: monitor.registry });
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const majors = async () =>
    sampleValue((await monitor.render()).body, 'nodejs_gc_duration_seconds_count{kind="major"}');
  await expect.poll(majors, patience).toBeGreaterThan(0);
});

it("refuses a bad option", () => {
  expect(() => new ProcessMetrics({ registry: new Registry(), eventLoopIntervalMs: 0 })).toThrow(
    /eventLoopIntervalMs must be a finite number >= 1, got 0/,
  );
  expect(() => new ProcessMetrics({} as never)).toThrow(/registry must be a Registry/);
});
