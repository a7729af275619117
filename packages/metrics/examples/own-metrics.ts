// Metrics of your own beside the eleven: handles for hot paths, functions for what is sampled.
import { PerformanceMonitor } from "@route/metrics";

const monitor = new PerformanceMonitor();

const operations = monitor.counter({
  name: "operations_total",
  help: "Operations on the store",
  labelNames: ["operation", "status"],
});
const gets = operations.labels("get", "success");
gets.inc();
operations.labels("set", "error").inc();

const wait = monitor.histogram({ name: "queue_wait_seconds", help: "Time in the queue", buckets: [0.001, 0.01, 0.1] });
wait.labels().observe(0.004);

const queue = ["a", "b"];
monitor.addCustomMetric("queue_depth", () => queue.length);
monitor.gauge({
  name: "disk_free_bytes",
  help: "Free space, asked for at most every ten seconds",
  collectIntervalMs: 10_000,
  collect: async () => 1e9,
});

console.log(
  (await monitor.render()).body
    .split("\n")
    .filter((line) => /^(operations|queue|disk)/.test(line))
    .join("\n"),
);
monitor.close();
