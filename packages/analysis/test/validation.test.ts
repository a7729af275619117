import { defaultRules, PerformanceAnalyzer, renderReport } from "@route/analysis";
import { describe, expect, it } from "vitest";
import { immediate, setUp } from "./support.ts";

const analyzerWith = (options: object) => () => void new PerformanceAnalyzer(options);
const rule = (change: object) => analyzerWith({ rules: [{ ...immediate(), ...change }] });
const sample = (metrics: object) => () => setUp().analyzer.addMetrics(metrics);

const cases: [what: string, act: () => void, message: string, ErrorClass?: ErrorConstructor][] = [
  [
    "history of none",
    analyzerWith({ maxHistorySize: 0 }),
    "maxHistorySize must be a finite number >= 1 and <= 1000000, got 0",
  ],
  ["half a sample", analyzerWith({ maxHistorySize: 1.5 }), "maxHistorySize must be an integer, got 1.5"],
  ["results of none", analyzerWith({ maxResults: 0 }), "maxResults must be a finite number >= 1"],
  ["interval 0", analyzerWith({ analysisIntervalMs: 0 }), "analysisIntervalMs must be a finite number >= 1"],
  ["interval of a month", analyzerWith({ analysisIntervalMs: 2 ** 31 }), "got 2147483648"],
  ["endless time-out", analyzerWith({ collectTimeoutMs: Number.POSITIVE_INFINITY }), "collectTimeoutMs must be"],
  [
    "text for a number",
    analyzerWith({ maxResults: "9" }),
    'maxResults must be a finite number >= 1 and <= 1000000, got "9"',
    TypeError,
  ],
  [
    "misspelt option",
    analyzerWith({ interval: 5 }),
    'options has no field "interval"; known: maxHistorySize',
    TypeError,
  ],
  ["no options", analyzerWith(null as never), "options must be an object, got null", TypeError],
  ["rules by name", analyzerWith({ rules: {} }), "rules must be an array, got object", TypeError],
  ["clock without now", analyzerWith({ clock: {} }), "clock.now must be a function, got undefined", TypeError],
  ["half a log", analyzerWith({ log: { info() {}, warn() {} } }), "log.error must be a function", TypeError],
  ["rule of another kind", analyzerWith({ rules: [[]] }), "rule must be an object, got an array", TypeError],
  ["rule without a name", rule({ name: undefined }), "rule.name must be a string, got undefined", TypeError],
  ["empty name", rule({ name: " " }), 'rule.name must be a non-empty string without control characters, got " "'],
  ["name with a line break", rule({ name: "a\nb" }), "without control characters"],
  ["misspelt field", rule({ treshold: 1 }), 'rule has no field "treshold"', TypeError],
  ["unknown metric", rule({ metric: "latency" }), 'rule "Busy": metric must be one of requestRate'],
  ["unknown comparison", rule({ comparison: ">" }), 'rule "Busy": comparison must be one of above, below, got ">"'],
  ["unknown severity", rule({ severity: "fatal" }), "severity must be one of low, medium, high, critical"],
  ["threshold NaN", rule({ threshold: Number.NaN }), 'rule "Busy": threshold must be a finite number >= 0, got NaN'],
  [
    "clear beyond threshold",
    rule({ clearThreshold: 0.6 }),
    "clearThreshold must be a finite number >= 0 and <= 0.5, got 0.6",
  ],
  [
    "clear before threshold",
    rule({ comparison: "below", clearThreshold: 0.4 }),
    "clearThreshold must be a finite number >= 0.5",
  ],
  ["negative wait", rule({ forMs: -1 }), "forMs must be a finite number >= 0, got -1"],
  ["no window", rule({ windowMs: 0 }), "windowMs must be a finite number >= 1, got 0"],
  ["no sample", rule({ minSamples: 0 }), "minSamples must be"],
  ["advice of a word", rule({ advice: "scale" }), 'rule "Busy": advice must be an object, got "scale"', TypeError],
  [
    "advice without effort",
    rule({ advice: { suggestion: "a", impact: "b", priority: 1 } }),
    "advice.effort must be",
    TypeError,
  ],
  [
    "priority 4",
    rule({ advice: { suggestion: "a", impact: "b", effort: "c", priority: 4 } }),
    "priority must be one of 1, 2, 3",
  ],
  [
    "misspelt default",
    () => void defaultRules({ responseTime: 5 } as object),
    'has no field "responseTime"',
    TypeError,
  ],
  [
    "bad default",
    analyzerWith({ rules: defaultRules({ errorRate: -1 }) }),
    'rule "High Error Rate": threshold must be',
  ],
  ["sample of another kind", sample([]), "sample must be an object, got an array", TypeError],
  ["misspelt figure", sample({ responseTime: 5 }), 'sample has no field "responseTime"; known: requestRate', TypeError],
  [
    "figure of text",
    sample({ cpuUsage: "1" }),
    'sample.cpuUsage must be a finite number >= 0 and <= 1, got "1"',
    TypeError,
  ],
  ["figure null", sample({ cpuUsage: null }), "got null", TypeError],
  ["figure object", sample({ cpuUsage: {} }), "got an object", TypeError],
  ["0/0", sample({ cacheHitRate: Number.NaN }), "sample.cacheHitRate must be a finite number >= 0 and <= 1, got NaN"],
  ["per cent", sample({ errorRate: 5 }), "sample.errorRate must be"],
  ["negative rate", sample({ requestRate: -1 }), "sample.requestRate must be a finite number >= 0, got -1"],
  ["endless time", sample({ timestampMs: Number.POSITIVE_INFINITY }), "sample.timestampMs must be a finite number"],
  ["nanoseconds", sample({ timestampMs: 1.7e18 }), "sample.timestampMs must be a finite number >= -8640000000000000"],
  [
    "unknown format",
    () => void renderReport(setUp().analyzer.report(), "html" as never),
    'format must be one of text, json, got "html"',
  ],
  ["unknown severity of results", () => void setUp().analyzer.results("worst" as never), "minSeverity must be one of"],
  [
    "collector without a name",
    () => setUp().analyzer.addCollector({ collect() {} } as never),
    "collector.name must be",
    TypeError,
  ],
  [
    "collector without collect",
    () => setUp().analyzer.addCollector({ name: "a" } as never),
    'collector "a".collect must be',
    TypeError,
  ],
];

describe("a bad value is named", () => {
  it.each(cases)("%s", (_what, act, message, ErrorClass = RangeError as ErrorConstructor) => {
    expect(act).toThrow(message);
    expect(act).toThrow(ErrorClass);
  });
});

it("takes an explicit undefined for the default", () => {
  const analyzer = new PerformanceAnalyzer({ maxHistorySize: undefined, rules: undefined, log: undefined });
  analyzer.addMetrics({ cpuUsage: undefined, timestampMs: undefined });
  expect(analyzer.rules().map(({ threshold }) => threshold)).toEqual([1000, 0.05, 0.8, 0.9]);
});
