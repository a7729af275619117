import { defaultRules, PerformanceAnalyzer, type PerformanceIssue, type PerformanceMetrics } from "@route/analysis";
import { describe, expect, it } from "vitest";
import { immediate, setUp } from "./support.ts";

const thrice = (sample: PerformanceMetrics): PerformanceMetrics[] => [sample, sample, sample];
const names = (issues: readonly PerformanceIssue[]): string[] => issues.map(({ rule }) => rule);

describe("the default rules", () => {
  const cases = [
    { rule: "High Response Time", severity: "medium", metric: "responseTimeMs", threshold: 1000, bad: 1001 },
    { rule: "High Error Rate", severity: "high", metric: "errorRate", threshold: 0.05, bad: 0.051 },
    { rule: "Low Cache Hit Rate", severity: "medium", metric: "cacheHitRate", threshold: 0.8, bad: 0.79 },
    { rule: "High Memory Usage", severity: "high", metric: "memoryUsage", threshold: 0.9, bad: 0.91 },
  ] as const;

  it.each(cases)("$rule fires beyond $threshold, with evidence", ({ rule, severity, metric, threshold, bad }) => {
    const { analyzer, feed } = setUp();
    feed(...thrice({ [metric]: bad }));
    expect(analyzer.analyze()).toMatchObject([
      { rule, severity, state: "firing", evidence: { metric, value: bad, threshold, windowMs: 60_000, samples: 3 } },
    ]);
  });

  it.each(cases)("$rule does not fire at its threshold", ({ metric, threshold }) => {
    const { analyzer, feed } = setUp();
    for (const requestRate of [0.1, 0.7, 3, 11]) feed({ [metric]: threshold, requestRate });
    expect(analyzer.analyze()).toEqual([]);
  });

  it("take other thresholds, and judge by them", () => {
    const { analyzer, feed } = setUp({
      rules: defaultRules({ responseTimeMs: 100, cacheHitRate: 0.1, windowMs: 5000 }),
    });
    feed(...thrice({ responseTimeMs: 101, cacheHitRate: 0.2 }));
    expect(analyzer.analyze()).toMatchObject([
      { rule: "High Response Time", evidence: { threshold: 100, windowMs: 5000 } },
    ]);
  });

  it("put the worst severity first", () => {
    const { analyzer, feed } = setUp();
    feed(...thrice({ responseTimeMs: 2000, errorRate: 1, cacheHitRate: 0, memoryUsage: 1 }));
    expect(analyzer.analyze().map(({ severity }) => severity)).toEqual(["high", "high", "medium", "medium"]);
  });
});

describe("no data", () => {
  it("is no issue: nothing at all, nothing told, too few samples, no traffic", () => {
    const { analyzer, feed } = setUp();
    expect(analyzer.analyze()).toEqual([]);
    feed(...thrice({}), { errorRate: 1 }, { errorRate: 1 });
    expect(analyzer.analyze()).toEqual([]);
    feed(...thrice({ requestRate: 0, cacheHitRate: 0, responseTimeMs: 9999, errorRate: 1 }));
    expect(analyzer.analyze()).toEqual([]);
  });

  it("lets samples leave the window, and ends an incident for that reason", () => {
    const { analyzer, clock, feed } = setUp();
    feed(...thrice({ errorRate: 1 }));
    expect(names(analyzer.analyze())).toEqual(["High Error Rate"]);
    clock.advance(60_000);
    expect(analyzer.analyze()).toEqual([]);
    expect(analyzer.results()).toMatchObject([{ rule: "High Error Rate", state: "resolved", resolvedBy: "no-data" }]);
  });
});

describe("a window", () => {
  it("weighs averages over requests by the traffic behind them", () => {
    const { analyzer, feed } = setUp();
    feed({ requestRate: 997, errorRate: 0.01 }, { requestRate: 1, errorRate: 1 }, { requestRate: 2, errorRate: 1 });
    expect(analyzer.analyze()).toEqual([]);
    expect(analyzer.report().statistics.average_error_rate).toBeCloseTo(0.01 * 0.997 + 0.003, 12);
  });

  it("does not weigh figures of the process", () => {
    const { analyzer, feed } = setUp();
    feed({ requestRate: 1000, memoryUsage: 0 }, { requestRate: 1, memoryUsage: 1 }, { requestRate: 1, memoryUsage: 1 });
    expect(analyzer.report().rules[3]).toMatchObject({
      name: "High Memory Usage",
      value: expect.closeTo(2 / 3, 12),
      samples: 3,
    });
  });

  it("goes by timestamps, in whatever order they come", () => {
    const { analyzer, clock } = setUp();
    const now = clock.now();
    for (const age of [60_000, 1000, 70_000, 0, 59_999]) analyzer.addMetrics({ errorRate: 1, timestampMs: now - age });
    expect(analyzer.analyze()).toMatchObject([{ evidence: { samples: 3 } }]);
  });

  it("reaches no farther than the history", () => {
    const { analyzer, feed } = setUp({ maxHistorySize: 3 });
    feed(...thrice({ errorRate: 1 }), ...thrice({ errorRate: 0 }));
    expect(analyzer.analyze()).toEqual([]);
    expect(analyzer.report().statistics).toEqual({
      average_error_rate: 0,
      total_metrics_count: 3,
      analysis_period: 2000,
    });
  });
});

describe("an incident", () => {
  it("waits for `forMs`, without a break", () => {
    const { analyzer, feed } = setUp({ rules: [immediate({ forMs: 2000 })] });
    feed({ cpuUsage: 1 }, { cpuUsage: 1 }, { cpuUsage: 0 }, { cpuUsage: 1 }, { cpuUsage: 1 });
    expect(analyzer.report()).toMatchObject({ issues: [], rules: [{ state: "pending" }] });
    expect(analyzer.results()).toEqual([]);
    feed({ cpuUsage: 1 });
    expect(analyzer.results()).toMatchObject([{ state: "firing", sinceMs: 1_004_000, timestampMs: 1_006_000 }]);
  });

  it("goes on between threshold and clear threshold, and is one incident", () => {
    const { analyzer, feed } = setUp({ rules: [immediate({ clearThreshold: 0.3 })] });
    feed({ cpuUsage: 0.9 }, { cpuUsage: 0.4 }, { cpuUsage: 0.6 }, { cpuUsage: 0.31 });
    expect(analyzer.results()).toMatchObject([
      {
        state: "firing",
        message: "Busy: cpuUsage averaged 0.31 over 1 s (1 sample); fires above 0.5, clears at 0.3",
        timestampMs: 1_001_000,
        worstValue: 0.9,
        evidence: { value: 0.31, threshold: 0.5, clearThreshold: 0.3 },
      },
    ]);
    feed({ cpuUsage: 0.3 }, { cpuUsage: 0.4 });
    expect(analyzer.results()).toMatchObject([
      { state: "resolved", resolvedBy: "cleared", resolvedAtMs: 1_005_000, worstValue: 0.9, evidence: { value: 0.31 } },
    ]);
  });

  it("is told once when it begins and once when it ends, to listeners and to the log", () => {
    const { analyzer, feed, log } = setUp({ rules: [immediate(), immediate({ name: "Hot", severity: "critical" })] });
    const told: string[] = [];
    const subscription = analyzer.onIssue(({ rule, state }) => told.push(`${rule} ${state}`));
    feed({ cpuUsage: 1 }, { cpuUsage: 1 }, { cpuUsage: 0 }, { cpuUsage: 0 });
    const story = ["Busy firing", "Hot firing", "Busy resolved", "Hot resolved"];
    expect(told).toEqual(story);
    expect(log.lines.map((line) => line.split(":")[0])).toEqual([
      "warn Busy",
      "error Hot",
      "info resolved",
      "info resolved",
    ]);
    subscription[Symbol.dispose]();
    feed({ cpuUsage: 1 });
    expect(told).toEqual(story);
  });

  it("is told to a listener as often as it subscribed", () => {
    const { analyzer, feed } = setUp({ rules: [immediate()] });
    const told: string[] = [];
    const listener = ({ state }: PerformanceIssue): void => void told.push(state);
    const [first] = [analyzer.onIssue(listener), analyzer.onIssue(listener)];
    feed({ cpuUsage: 1 });
    first[Symbol.dispose]();
    feed({ cpuUsage: 0 });
    expect(told).toEqual(["firing", "firing", "resolved"]);
  });

  it("reaches all listeners although one throws", () => {
    const { analyzer, feed, log } = setUp({ rules: [immediate()] });
    const told: string[] = [];
    analyzer.onIssue(() => {
      throw new Error("listener is broken");
    });
    analyzer.onIssue(({ rule }) => told.push(rule));
    feed({ cpuUsage: 1 });
    expect(told).toEqual(["Busy"]);
    expect(log.lines).toContain("error a listener failed on Busy: Error: listener is broken");
  });

  it("is kept among the results, the oldest going first, from a severity up", () => {
    const { analyzer, feed } = setUp({
      maxResults: 2,
      rules: [immediate(), immediate({ name: "Hot", severity: "high" })],
    });
    for (let round = 0; round < 3; round++) feed({ cpuUsage: 1 }, { cpuUsage: 0 });
    expect(names(analyzer.results())).toEqual(["Busy", "Hot"]);
    expect(names(analyzer.results("medium"))).toEqual(["Hot"]);
    expect(analyzer.results("critical")).toEqual([]);
    feed({ cpuUsage: 1 });
    analyzer.clearResults();
    expect(analyzer.results().map(({ state }) => state)).toEqual(["firing", "firing"]);
  });
});

describe("suggestions", () => {
  it("answer the issues of the last analysis, most urgent first, with their evidence", () => {
    const { analyzer, feed } = setUp();
    expect(analyzer.generateSuggestions()).toEqual([]);
    feed(...thrice({ responseTimeMs: 2000, errorRate: 1, cacheHitRate: 0 }));
    const suggestions = analyzer.generateSuggestions();
    expect(suggestions.map(({ rule, priority }) => `${priority} ${rule}`)).toEqual([
      "1 High Error Rate",
      "1 High Response Time",
      "2 Low Cache Hit Rate",
    ]);
    expect(suggestions[0]!.evidence).toEqual(analyzer.analyze()[0]!.evidence);
  });

  it("are general for a figure without advice, and the rule's own where it has one", () => {
    const advice = { suggestion: "Add a pod", impact: "Slow", effort: "None", priority: 1 } as const;
    const { analyzer, feed } = setUp({ rules: [immediate(), immediate({ name: "Hot", advice })] });
    feed({ cpuUsage: 1 });
    expect(analyzer.generateSuggestions()).toMatchObject([
      { rule: "Hot", ...advice },
      { rule: "Busy", priority: 3 },
    ]);
    expect(analyzer.generateSuggestions(analyzer.results().slice(0, 1))).toHaveLength(1);
  });
});

describe("rules", () => {
  it("can be added, and are told with their defaults", () => {
    const { analyzer } = setUp({ rules: [] });
    const rule = { name: "Busy", metric: "cpuUsage", comparison: "above", threshold: 0.5, severity: "low" } as const;
    analyzer.addRule(rule);
    expect(analyzer.rules()).toEqual([
      {
        ...rule,
        description: "cpuUsage is above its threshold",
        clearThreshold: 0.5,
        forMs: 0,
        windowMs: 60_000,
        minSamples: 3,
      },
    ]);
  });

  it("are copied, so that a caller's later change has no effect", () => {
    const rule = { ...immediate() };
    const { analyzer } = setUp({ rules: [rule] });
    Object.assign(rule, { threshold: 0 });
    expect(analyzer.rules()[0]!.threshold).toBe(0.5);
  });
});

it("works with its defaults: real time, no log", () => {
  using analyzer = new PerformanceAnalyzer();
  for (const sample of thrice({ errorRate: 1 })) analyzer.addMetrics(sample);
  expect(names(analyzer.analyze())).toEqual(["High Error Rate"]);
});
