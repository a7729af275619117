import { createServer } from "node:http";
import { PerformanceMonitor } from "@route/metrics";

const monitor = new PerformanceMonitor({ labels: { service: "chat" } });

// Record what happens. Durations are in milliseconds here, in seconds on the page.
const startedMs = performance.now();
monitor.recordCacheHit();
monitor.recordLoadBalancerRequest(0.004);
monitor.recordRequest(performance.now() - startedMs, true);

// Let Prometheus scrape it, on a server of your own.
const server = createServer(monitor.metricsHandler()).listen(0, "127.0.0.1");

// Or read it in process.
console.log(monitor.snapshot().request_total, monitor.hitRate());
console.log((await monitor.render("openmetrics")).body);

server.close();
monitor.close();
