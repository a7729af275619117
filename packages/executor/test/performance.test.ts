import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import * as promClient from "prom-client";
import { describe, expect, it } from "vitest";
import { ExecutorError } from "../src/errors.ts";
import { StatefulExecutor } from "../src/executor.ts";
import { DurationHistogram } from "../src/performance/duration-histogram.ts";
import {
  type ConnectionStatus,
  ExecutorMetrics,
  errorRatioRule,
  OperationAnalyzer,
  type OperationStatistics,
  OptimizationEngine,
  observe,
  PerformanceReporter,
  PrometheusServer,
  prometheusMeter,
  type Readings,
  type ReportFormat,
} from "../src/performance/index.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { storeContract } from "./contract/store-contract.ts";

const service = { namespace: "test", service: "performance" };
const owner = { pod: 0, incarnation: 1 };

const newMetrics = () => {
  const registry = new promClient.Registry();
  return { registry, metrics: new ExecutorMetrics({ meter: prometheusMeter(promClient, registry) }) };
};

/** A clock that a test moves by hand. */
const handClock = () => {
  let nowMs = 0;
  return {
    now: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
};

/** An analyzer that has seen `count` calls of each duration. */
const analyzerOf = async (operation: string, durationsMs: readonly number[], failure?: Error) => {
  const clock = handClock();
  const analyzer = new OperationAnalyzer({ clock });
  for (const durationMs of durationsMs) {
    const call = analyzer.analyze(operation, () => {
      clock.advance(durationMs);
      if (failure) throw failure;
    });
    await call.catch(() => undefined);
  }
  return analyzer;
};

const constant = (count: number, durationMs: number): number[] => Array.from({ length: count }, () => durationMs);

storeContract("observed MemoryStore", async () => {
  const store = observe(new MemoryStore(), new OperationAnalyzer());
  return { store, close: () => store.close() };
});

describe("ExecutorMetrics", () => {
  it("writes the five families with the seed's names, types and labels", async () => {
    const { registry, metrics } = newMetrics();
    metrics.recordOperation("getLink", "success", 0.2);
    metrics.recordOperation("getLink", "error", 3);
    metrics.recordError("getLink", "TIMEOUT");
    metrics.recordError("getLink", "TIMEOUT");
    metrics.updateCacheHitRatio("near", 0.75);
    const page = await registry.metrics();
    for (const line of [
      "# TYPE stateful_executor_operations_total counter",
      'stateful_executor_operations_total{operation="getLink",status="success"} 1',
      'stateful_executor_operations_total{operation="getLink",status="error"} 1',
      "# TYPE stateful_executor_operation_duration_seconds histogram",
      'stateful_executor_operation_duration_seconds_bucket{le="0.0001",operation="getLink"} 0',
      'stateful_executor_operation_duration_seconds_bucket{le="0.00025",operation="getLink"} 1',
      'stateful_executor_operation_duration_seconds_bucket{le="0.005",operation="getLink"} 2',
      'stateful_executor_operation_duration_seconds_count{operation="getLink"} 2',
      "# TYPE stateful_executor_errors_total counter",
      'stateful_executor_errors_total{operation="getLink",error_type="TIMEOUT"} 2',
      "# TYPE stateful_executor_cache_hit_ratio gauge",
      'stateful_executor_cache_hit_ratio{cache_type="near"} 0.75',
      "# TYPE stateful_executor_redis_connection_status gauge",
    ]) {
      expect(page.split("\n")).toContain(line);
    }
  });

  it("shows exactly one connection status at a time", async () => {
    const { registry, metrics } = newMetrics();
    const present = async () => {
      const { values } = await registry.getSingleMetric("stateful_executor_redis_connection_status")!.get();
      return values.map(({ labels, value }) => [labels["status"], value]);
    };
    metrics.updateRedisConnectionStatus("ready");
    metrics.updateRedisConnectionStatus("reconnecting");
    expect(await present()).toEqual([
      ["connecting", 0],
      ["ready", 0],
      ["reconnecting", 1],
      ["closed", 0],
    ]);
    expect(() => metrics.updateRedisConnectionStatus("up" as ConnectionStatus)).toThrow(/status must be one of/);
  });

  it("refuses a hit ratio outside 0 to 1", () => {
    const { metrics } = newMetrics();
    expect(() => metrics.updateCacheHitRatio("near", 1.5)).toThrow(/ratio must be a number from 0 to 1, got 1.5/);
  });

  it("leaves the client's global registry alone", () => {
    newMetrics();
    expect(promClient.register.getMetricsAsArray()).toEqual([]);
  });
});

describe("OperationAnalyzer", () => {
  it("passes results on and counts calls", async () => {
    const analyzer = new OperationAnalyzer();
    expect(await analyzer.analyze("answer", async () => 42)).toBe(42);
    expect(await analyzer.analyze("answer", () => 43)).toBe(43);
    expect(analyzer.statistics()).toMatchObject([{ operation: "answer", count: 2, errors: 0, errorTypes: {} }]);
  });

  it("passes errors on as they are and counts them by code", async () => {
    const analyzer = new OperationAnalyzer();
    const failures = [new ExecutorError("TIMEOUT", "late"), new ExecutorError("TIMEOUT", "late"), new TypeError(), "x"];
    for (const failure of failures) {
      await expect(analyzer.analyze("call", () => Promise.reject(failure))).rejects.toBe(failure);
    }
    const [statistics] = analyzer.statistics();
    expect(statistics).toMatchObject({ count: 4, errors: 4, errorTypes: { TIMEOUT: 2, TypeError: 1, unknown: 1 } });
  });

  it("tells the metrics of each call", async () => {
    const { registry, metrics } = newMetrics();
    const analyzer = new OperationAnalyzer({ metrics });
    await analyzer.analyze("getLink", async () => undefined);
    const failure = new ExecutorError("OVERLOADED", "full");
    await expect(analyzer.analyze("getLink", () => Promise.reject(failure))).rejects.toBe(failure);
    const page = await registry.metrics();
    expect(page).toContain('stateful_executor_operations_total{operation="getLink",status="success"} 1\n');
    expect(page).toContain('stateful_executor_operations_total{operation="getLink",status="error"} 1\n');
    expect(page).toContain('stateful_executor_errors_total{operation="getLink",error_type="OVERLOADED"} 1\n');
  });

  it("measures by its clock", async () => {
    const analyzer = await analyzerOf("call", [1, 1, 1, 5]);
    expect(analyzer.statistics()).toMatchObject([{ meanMs: 2, maxMs: 5 }]);
  });

  it("records every call of an observed store, those that fail included", async () => {
    const analyzer = new OperationAnalyzer();
    const store = observe(new MemoryStore(), analyzer);
    const scope = new StatefulExecutor({ store }).scope(service);
    await scope.setLinkedPodIfAbsent("alice", owner, 60);
    await scope.getLinkedPod("alice");
    await store.close();
    await expect(scope.getLinkedPod("alice")).rejects.toMatchObject({ code: "CLOSED" });
    expect(analyzer.statistics()).toMatchObject([
      { operation: "linkIfAbsent", count: 1, errors: 0 },
      { operation: "getLink", count: 2, errors: 1, errorTypes: { CLOSED: 1 } },
      { operation: "close", count: 1 },
    ]);
  });
});

describe("DurationHistogram", () => {
  /** The true quantile of sorted values, by nearest rank. */
  const exact = (sorted: readonly number[], ratio: number): number => sorted[Math.ceil(ratio * sorted.length) - 1]!;

  it("answers quantiles within the width of a bucket from 50 us to 5 s", () => {
    const histogram = new DurationHistogram();
    const values = Array.from({ length: 1000 }, (_, index) => 0.05 * 10 ** ((index / 999) * 5));
    for (const value of values) histogram.record(value);
    for (const ratio of [0.01, 0.25, 0.5, 0.9, 0.99, 1]) {
      const error = histogram.quantileMs(ratio) / exact(values, ratio);
      expect(error).toBeGreaterThan(1 / 1.19);
      expect(error).toBeLessThan(1.19);
    }
  });

  it("stays within what was recorded, also outside its buckets", () => {
    const histogram = new DurationHistogram();
    expect(histogram.quantileMs(0.5)).toBe(0);
    histogram.record(0.002);
    expect(histogram.quantileMs(0.5)).toBe(0.002);
    histogram.record(60_000);
    expect(histogram.quantileMs(0.99)).toBe(60_000);
    expect(histogram.maxMs).toBe(60_000);
  });
});

describe("OptimizationEngine", () => {
  const quiet = { statistics: (): OperationStatistics[] => [] };
  const withReadings = (readings: Readings) => new OptimizationEngine({ analyzer: quiet, readings: () => readings });

  it("says nothing when all is well, and nothing on too few samples", async () => {
    const well = new OptimizationEngine({ analyzer: await analyzerOf("getLink", constant(200, 1)) });
    expect(well.suggestions()).toEqual([]);
    const few = new OptimizationEngine({ analyzer: await analyzerOf("getLink", constant(99, 900), new Error("x")) });
    expect(few.suggestions()).toEqual([]);
    expect(withReadings({ nearCache: { hits: 0, misses: 99 } }).suggestions()).toEqual([]);
  });

  it("names the operation that fails, how often, and what the code asks for", async () => {
    const failure = new ExecutorError("TIMEOUT", "late");
    const engine = new OptimizationEngine({ analyzer: await analyzerOf("getLink", constant(100, 1), failure) });
    expect(engine.suggestions()).toEqual([
      {
        ...{ rule: "error-ratio", subject: "getLink", value: 1, threshold: 0.01, unit: "ratio", samples: 100 },
        suggestion:
          "100.0 % of the 100 calls of getLink fail, most with TIMEOUT: " +
          "look at the server's latency and SLOWLOG before raising timeoutMs",
      },
    ]);
  });

  it("tells an operation that is slow throughout from one with a slow tail", async () => {
    const suggest = async (durationsMs: readonly number[]) =>
      new OptimizationEngine({ analyzer: await analyzerOf("pods", durationsMs) }).suggestions();
    const throughout = await suggest(constant(100, 200));
    expect(throughout).toMatchObject([{ rule: "slow-operation", subject: "pods", value: 200, threshold: 50 }]);
    expect(throughout[0]!.suggestion).toContain("half of the calls are slow too");
    const tail = await suggest([...constant(95, 1), ...constant(5, 200)]);
    expect(tail[0]!.suggestion).toContain("most calls are fast");
  });

  it.each<[string, Readings, number]>([
    ["near-cache", { nearCache: { hits: 60, misses: 40 } }, 0.6],
    ["script-cache", { scriptCache: { hits: 790, misses: 210 } }, 0.79],
    ["pending-calls", { pendingCalls: { peak: 900, limit: 1000 } }, 0.9],
  ])("judges the reading of %s", (rule, readings, value) => {
    expect(withReadings(readings).suggestions()).toMatchObject([{ rule, value, threshold: 0.8 }]);
  });

  it.each<[string, Readings]>([
    ["near-cache", { nearCache: { hits: 80, misses: 20 } }],
    ["script-cache", { scriptCache: { hits: 80, misses: 20 } }],
    ["pending-calls", { pendingCalls: { peak: 800, limit: 1000 } }],
  ])("does not object to %s at its threshold", (_rule, readings) => {
    expect(withReadings(readings).suggestions()).toEqual([]);
  });

  it("judges by the caller's rules instead", async () => {
    const analyzer = await analyzerOf("getLink", [...constant(100, 1)], new Error("x"));
    expect(new OptimizationEngine({ analyzer, rules: [errorRatioRule(1)] }).suggestions()).toEqual([]);
  });

  it("applies nothing unless told to, and only where there is a hook", async () => {
    const applied: string[] = [];
    const failure = new Error("no room");
    const engine = new OptimizationEngine({
      analyzer: quiet,
      readings: () => ({
        nearCache: { hits: 0, misses: 100 },
        scriptCache: { hits: 0, misses: 100 },
        pendingCalls: { peak: 100, limit: 100 },
      }),
      hooks: {
        "script-cache": ({ rule }) => applied.push(rule),
        "pending-calls": () => Promise.reject(failure),
      },
    });
    const outcomes = async (options?: { dryRun: boolean }) =>
      (await engine.apply(options)).map(({ suggestion, outcome }) => [suggestion.rule, outcome]);
    expect(await outcomes()).toEqual([
      ["near-cache", "no-hook"],
      ["script-cache", "dry-run"],
      ["pending-calls", "dry-run"],
    ]);
    expect(applied).toEqual([]);
    expect(await outcomes({ dryRun: false })).toEqual([
      ["near-cache", "no-hook"],
      ["script-cache", "applied"],
      ["pending-calls", "failed"],
    ]);
    expect(applied).toEqual(["script-cache"]);
    expect((await engine.apply({ dryRun: false }))[2]).toMatchObject({ error: failure });
  });
});

describe("PerformanceReporter", () => {
  const reporterOf = async (durationsMs: readonly number[], failure?: Error) =>
    new PerformanceReporter({
      engine: new OptimizationEngine({ analyzer: await analyzerOf("getLink", durationsMs, failure) }),
      clock: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5) },
    });

  it("renders the report as versioned JSON", async () => {
    const reporter = await reporterOf(constant(4, 2));
    const parsed: unknown = JSON.parse(reporter.render("json"));
    expect(parsed).toEqual(reporter.report());
    expect(parsed).toMatchObject({
      schemaVersion: 1,
      generatedAt: "2026-01-02T03:04:05.000Z",
      totals: { operations: 4, errors: 0, meanMs: 2 },
      operations: [{ operation: "getLink", count: 4 }],
      suggestions: [],
    });
  });

  it("renders the sections of the text report", async () => {
    const text = (await reporterOf(constant(100, 2), new ExecutorError("OVERLOADED", "full"))).render("text");
    expect(text.split("\n")).toEqual([
      "Performance report",
      "==================",
      "Generated at: 2026-01-02T03:04:05.000Z",
      "",
      "Performance metrics:",
      "- Total operations: 100",
      "- Total errors: 100",
      "- Average latency: 2.000 ms",
      "- getLink: 100 calls, 100 errors, p50 2.000 ms, p99 2.000 ms",
      "",
      "Optimization suggestions:",
      "1. 100.0 % of the 100 calls of getLink fail, most with OVERLOADED: " +
        "shed load earlier, or raise maxPending if the server has room",
      "",
    ]);
    expect((await reporterOf([])).render("text")).toContain(
      "- Average latency: 0.000 ms\n\nOptimization suggestions:\nnone",
    );
  });

  it("refuses another format by name", async () => {
    const reporter = await reporterOf([]);
    expect(() => reporter.render("xml" as ReportFormat)).toThrow('format must be one of json, text, got "xml"');
  });
});

describe("PrometheusServer", () => {
  it("serves the page of a real registry on a port of the system's choice, and closes", async () => {
    const { registry, metrics } = newMetrics();
    metrics.recordOperation("getLink", "success", 1);
    const server = new PrometheusServer({ render: () => registry.metrics(), port: 0 });
    expect(server.url).toBeUndefined();
    await Promise.all([server.start(), server.start()]);
    const url = server.url!;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await response.text()).toContain('operations_total{operation="getLink",status="success"} 1');
    await server.close();
    await server.close();
    expect(server.url).toBeUndefined();
    await expect(fetch(url)).rejects.toThrow();
  });

  it("starts again after it was closed", async () => {
    await using server = new PrometheusServer({ render: () => "a 1\n", port: 0 });
    await server.start();
    await server.close();
    await server.start();
    expect(await (await fetch(server.url!)).text()).toBe("a 1\n");
  });

  it("passes the content type of the page on, and answers HEAD without a body", async () => {
    const page = { contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8", body: "# EOF\n" };
    await using server = new PrometheusServer({ render: () => page, port: 0 });
    await server.start();
    const response = await fetch(server.url!, { method: "HEAD" });
    expect(response.headers.get("content-type")).toBe(page.contentType);
    expect(response.headers.get("content-length")).toBe("6");
    expect(await response.text()).toBe("");
  });

  it("serves nothing else: 404, 405, and 500 when rendering fails", async () => {
    const logged: unknown[] = [];
    const log = { ...console, error: (...details: unknown[]) => logged.push(...details) };
    const failure = new Error("broken collector");
    await using server = new PrometheusServer({ render: () => Promise.reject(failure), port: 0, log });
    await server.start();
    expect((await fetch(new URL("/", server.url))).status).toBe(404);
    const post = await fetch(server.url!, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await fetch(server.url!)).status).toBe(500);
    expect(logged).toContain(failure);
  });

  it("rejects with the system's error where the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const server = new PrometheusServer({ render: () => "", port });
    await expect(server.start()).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: "EADDRINUSE" } });
    await server.close();
    other.close();
  });

  it("refuses a port that is none", () => {
    for (const port of [-1, 65_536, 80.5, Number.NaN]) {
      expect(() => new PrometheusServer({ render: () => "", port })).toThrow(/port must be an integer from 0 to 65535/);
    }
  });

  it("lets a scrape under way end before it closes", async () => {
    const gate = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    const server = new PrometheusServer({
      port: 0,
      render: () => {
        asked.resolve();
        return gate.promise;
      },
    });
    await server.start();
    const scrape = request(server.url!).end();
    await asked.promise;
    const closed = server.close();
    gate.resolve("late 1\n");
    const [response] = await once(scrape, "response");
    expect(response.statusCode).toBe(200);
    response.resume();
    await closed;
  });
});
