import { metricNames, type PerformanceReport, type PerformanceRule, renderReport, severities } from "@route/analysis";
import schema from "@route/analysis/report-schema.json" with { type: "json" };
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { immediate, setUp } from "./support.ts";

const validate = new Ajv2020({ strict: true, allErrors: true }).compile<PerformanceReport>(schema);
const expectValid = (json: string): void => {
  validate(JSON.parse(json));
  expect(validate.errors ?? []).toEqual([]);
};

/** An analyzer with everything a report can hold: firing, resolved both ways, no data, a failing collector. */
const eventful = async () => {
  const rules = [
    immediate(),
    immediate({ name: "Idle", comparison: "below", severity: "critical", threshold: 0.2 }),
    immediate({ name: "Crowded", metric: "connectionCount", threshold: 10, severity: "high" }),
    immediate({ name: "Slow", metric: "responseTimeMs", threshold: 300, severity: "medium", forMs: 60_000 }),
    immediate({ name: "Misses", metric: "cacheHitRate", comparison: "below", minSamples: 5, windowMs: 30_000 }),
  ];
  const { analyzer, feed } = setUp({ rules });
  analyzer.addCollector({
    name: "redis",
    collect: () => {
      throw new Error("gone\n\u001b[31mred");
    },
  });
  feed({ cpuUsage: 0.1, connectionCount: 12 }, { cpuUsage: 0.9, cacheHitRate: 0.5 });
  feed({ cpuUsage: 0.75, requestRate: 10, responseTimeMs: 400, errorRate: 0.125 });
  await analyzer.collect();
  return analyzer;
};

describe("report()", () => {
  it("holds what the analyzer knows", async () => {
    const report = (await eventful()).report();
    expect(report).toMatchObject({
      schemaVersion: 1,
      timestampMs: 1_003_000,
      issues: [{ rule: "Busy", state: "firing", worstValue: 0.9, evidence: { value: 0.75, threshold: 0.5 } }],
      resolved: [
        { rule: "Idle", state: "resolved", resolvedBy: "cleared" },
        { rule: "Crowded", resolvedBy: "no-data" },
      ],
      suggestions: [{ rule: "Busy", priority: 3 }],
      collectors: [{ name: "redis", consecutiveFailures: 1 }],
      statistics: {
        average_response_time: 400,
        average_error_rate: 0.125,
        average_cache_hit_rate: 0.5,
        total_metrics_count: 3,
        analysis_period: 2000,
      },
      summary: { critical: 0, high: 0, medium: 0, low: 1, suggestions: 1 },
    });
    expect(report.rules.map(({ name, state, samples }) => `${name} ${state} ${samples}`)).toEqual([
      "Busy firing 1",
      "Idle inactive 1",
      "Crowded no-data 0",
      "Slow pending 1",
      "Misses no-data 1",
    ]);
  });

  it("leaves out the figures that no sample told", () => {
    expect(setUp().analyzer.report().statistics).toEqual({ total_metrics_count: 0, analysis_period: 0 });
  });
});

describe("as JSON", () => {
  it("follows its schema, eventful or empty", async () => {
    expectValid(renderReport((await eventful()).report(), "json"));
    expectValid(renderReport(setUp().analyzer.report(), "json"));
  });

  it("follows its schema whatever the rules and samples", () => {
    const ratio = fc.double({ min: 0, max: 1, noNaN: true });
    const metrics = fc.record(Object.fromEntries(metricNames.map((name) => [name, ratio])), { requiredKeys: [] });
    const rule: fc.Arbitrary<Partial<PerformanceRule>> = fc.record({
      metric: fc.constantFrom(...metricNames),
      comparison: fc.constantFrom("above" as const, "below" as const),
      threshold: ratio,
      severity: fc.constantFrom(...severities),
      windowMs: fc.integer({ min: 1, max: 5000 }),
      minSamples: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), fc.array(metrics, { maxLength: 20 }), (rules, samples) => {
        const { analyzer, feed } = setUp({
          rules: rules.map((one, index) => immediate({ ...one, name: `r${index}` })),
        });
        feed(...samples);
        expectValid(renderReport(analyzer.report(), "json"));
      }),
    );
  });

  it("is refused by the schema when a field is missing, wrong or unknown", async () => {
    const report = JSON.parse(JSON.stringify((await eventful()).report()));
    expect(validate({ ...report, schemaVersion: 2 })).toBe(false);
    expect(validate({ ...report, surplus: 1 })).toBe(false);
    expect(validate({ ...report, issues: report.resolved })).toBe(false);
    expect(validate({ ...report, summary: undefined })).toBe(false);
  });
});

describe("as text", () => {
  it("tells it all, one line each", async () => {
    expect(renderReport((await eventful()).report())).toMatchInlineSnapshot(`
      "Performance report, 1970-01-01T00:16:43.000Z
      Issues: 0 critical, 0 high, 0 medium, 1 low

      Issues
        [low] Busy: cpuUsage averaged 0.75 over 1 s (1 sample); fires above 0.5; firing since 1970-01-01T00:16:42.000Z

      Resolved
        [critical] Idle: cpuUsage reached 0.1, 1970-01-01T00:16:41.000Z to 1970-01-01T00:16:42.000Z (cleared)
        [high] Crowded: connectionCount reached 12, 1970-01-01T00:16:41.000Z to 1970-01-01T00:16:42.000Z (no more data)

      Suggestions
        1. Review what changed in this figure and whether its threshold is right (Busy: cpuUsage 0.75; impact: Medium - the service runs outside the range set for it; effort: Medium - investigation)

      Too little data
        Crowded: 0 of 1 samples of connectionCount in 1 s
        Misses: 1 of 5 samples of cacheHitRate in 30 s

      Failing collectors
        collector "redis" failed: gone [31mred (1 in a row)

      Statistics
        average_response_time: 400 ms
        average_error_rate: 0.125
        average_cache_hit_rate: 0.5
        total_metrics_count: 3
        analysis_period: 2 s
      "
    `);
  });

  it("is short when all is well", () => {
    const { analyzer, feed } = setUp({ rules: [immediate()] });
    feed({ cpuUsage: 0.1 });
    expect(renderReport(analyzer.report(), "text")).toMatchInlineSnapshot(`
      "Performance report, 1970-01-01T00:16:41.000Z
      Issues: 0 critical, 0 high, 0 medium, 0 low

      Statistics
        total_metrics_count: 1
        analysis_period: 0 s
      "
    `);
  });
});
