// A service that watches itself: collectors deliver the samples, the analyzer runs on its own timer and tells incidents.
import { PerformanceAnalyzer } from "@route/analysis";

let failing = true;

const analyzer = new PerformanceAnalyzer({
  analysisIntervalMs: 20,
  log: console,
  rules: [
    {
      name: "High Error Rate",
      metric: "errorRate",
      comparison: "above",
      threshold: 0.05,
      clearThreshold: 0.02,
      severity: "critical",
      windowMs: 60,
      minSamples: 1,
      advice: { suggestion: "Roll back", impact: "Users see errors", effort: "One command", priority: 1 },
    },
  ],
});
analyzer.addCollector({ name: "requests", collect: () => ({ requestRate: 50, errorRate: failing ? 0.2 : 0 }) });
analyzer.addCollector({
  name: "process",
  collect: async () => ({ memoryUsage: Math.min(1, process.memoryUsage.rss() / 2 ** 30) }),
});

const resolved = new Promise<void>((resolve) => {
  analyzer.onIssue(({ state }) => {
    if (state === "resolved") return resolve();
    console.log(`Do: ${analyzer.generateSuggestions()[0]?.suggestion}`);
    failing = false;
  });
});

// The analyzer's timer does not keep a process alive. A service has its server for that, this example a timer.
const server = setInterval(() => {}, 1000);
analyzer.start();
await resolved;
analyzer.close();
clearInterval(server);
