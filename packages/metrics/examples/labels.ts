// Labels whose values come at run time, a trace id as exemplar, quantiles without a Prometheus.
import { PerformanceMonitor } from "@route/metrics";

const monitor = new PerformanceMonitor({
  labels: { service: "chat" },
  labelNames: ["pod"],
  maxSeries: 100,
  quantiles: true,
});

// Keep the recorder of a pod: finding it costs more than recording.
const pod = monitor.labels({ pod: 0 });
for (let ms = 1; ms <= 100; ms++) pod.recordRequest(ms, true);

// A user never becomes a label. The trace that shows what happened to one becomes an exemplar of its bucket.
pod.recordRequest({ traceId: "4bf92f3577b34da6a3ce929d0e0e4736" }, 250, new Error("no route"));

console.log(`p50 ${monitor.quantileMs(0.5)?.toFixed(1)} ms, p99 ${monitor.quantileMs(0.99)?.toFixed(1)} ms`);
console.log((await monitor.render("openmetrics")).body.split("\n").find((line) => line.includes("trace_id")));

monitor.removeLabels({ pod: 0 });
monitor.close();
