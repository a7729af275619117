import { describe, expect, it } from "vitest";
import { ExecutorError } from "../../src/errors.ts";
import {
  errorRatioRule,
  type OperationStatistics,
  OptimizationEngine,
  PerformanceReporter,
  type Readings,
  type ReportFormat,
} from "../../src/performance/index.ts";
import { analyzerOf, constant } from "./fixture.ts";

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
