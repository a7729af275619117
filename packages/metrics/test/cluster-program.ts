// A cluster whose workers record and whose primary prints one page of all: cluster-program.ts CLIENT WORKERS
import cluster from "node:cluster";
import { once } from "node:events";
import { createRequire } from "node:module";
import { PerformanceMonitor } from "@route/metrics";
import type * as promClient from "prom-client";

const [client = "prom-client", workers = "2"] = process.argv.slice(2);
const lib = createRequire(import.meta.url)(client) as typeof promClient & {
  readonly ClusterRegistry?: typeof promClient.AggregatorRegistry;
};
const ClusterRegistry = lib.ClusterRegistry ?? lib.AggregatorRegistry;

if (cluster.isPrimary) {
  const registry = new ClusterRegistry();
  const started = Array.from({ length: Number(workers) }, () => cluster.fork());
  await Promise.all(started.map((worker) => once(worker, "message")));
  console.log(await registry.clusterMetrics());
  for (const worker of started) worker.kill();
} else {
  const registry = new lib.Registry();
  ClusterRegistry.setRegistries(registry);
  // Without one of its own, a worker does not listen for the primary.
  new ClusterRegistry();
  const monitor = new PerformanceMonitor({ registry, labels: { service: "chat" } });
  const number = cluster.worker!.id;
  for (let i = 0; i < number; i++) monitor.recordRequest(2, true);
  monitor.setCacheSize(10 * number);
  process.send?.("recorded");
}
