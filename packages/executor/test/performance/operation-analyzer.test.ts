import { describe, expect, it } from "vitest";
import { ExecutorError } from "../../src/errors.ts";
import { StatefulExecutor } from "../../src/executor.ts";
import { DurationHistogram } from "../../src/performance/duration-histogram.ts";
import { OperationAnalyzer, observe } from "../../src/performance/index.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { storeContract } from "../contract/store-contract.ts";
import { analyzerOf, newMetrics } from "./fixture.ts";

const service = { namespace: "test", service: "performance" };
const owner = { pod: 0, incarnation: 1 };

storeContract("observed MemoryStore", async () => {
  const store = observe(new MemoryStore(), new OperationAnalyzer());
  return { store, close: () => store.close() };
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
