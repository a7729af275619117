// From the running totals of a service to samples: here counted by hand, in a service `() => monitor.snapshot()`.
import { PerformanceAnalyzer, renderReport, trafficCollector } from "@route/analysis";

const totals = { request_total: 0, request_errors: 0, request_duration_seconds_sum: 0, cache_hits: 0, cache_misses: 0 };

const analyzer = new PerformanceAnalyzer();
analyzer.addCollector(trafficCollector({ read: () => totals }));

// Three rounds of ten requests each; the analyzer's timer, `start()`, would ask for them every ten seconds.
for (let round = 0; round < 3; round++) {
  for (let request = 0; request < 10; request++) {
    totals.request_total++;
    totals.request_duration_seconds_sum += 0.02;
    if (request < 2) totals.request_errors++;
    if (request < 9) totals.cache_hits++;
    else totals.cache_misses++;
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
  await analyzer.collect();
}

for (const { message } of analyzer.analyze()) console.log(message);
console.log(renderReport(analyzer.report()));
analyzer.close();
