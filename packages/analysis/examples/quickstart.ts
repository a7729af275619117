import { defaultRules, PerformanceAnalyzer, renderReport } from "@route/analysis";

// The four default rules, two thresholds of our own, judged over the last 30 s.
const analyzer = new PerformanceAnalyzer({
  rules: defaultRules({ responseTimeMs: 250, cacheHitRate: 0.5, windowMs: 30_000 }),
});

// A rule is data: a metric, a side, a threshold. This one must hold for a minute, and clears at 0.6.
analyzer.addRule({
  name: "High CPU Usage",
  metric: "cpuUsage",
  comparison: "above",
  threshold: 0.8,
  clearThreshold: 0.6,
  forMs: 60_000,
  severity: "high",
});

// One sample per second, as a service would add it; here six of the past.
const now = Date.now();
for (let age = 5; age >= 0; age--) {
  analyzer.addMetrics({
    timestampMs: now - age * 1000,
    requestRate: 120,
    responseTimeMs: 310,
    errorRate: 0.002,
    cpuUsage: 0.4,
    // No cache in use: a figure left out is "no data", not zero, and fires nothing.
  });
}

for (const { severity, message } of analyzer.analyze()) console.log(`${severity}: ${message}`);
// medium: High Response Time: responseTimeMs averaged 310 over 30 s (6 samples); fires above 250

console.log(renderReport(analyzer.report(), "text"));
