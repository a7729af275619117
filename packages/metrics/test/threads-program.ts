// Worker threads that record and a main thread that prints one page of all: threads-program.ts WORKERS
// The last worker ends before the page is made, after the client has asked it for its sums.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, threadId, Worker } from "node:worker_threads";
import { Registry, WorkerRegistry } from "@prometheus-io/client";
import { PerformanceMonitor } from "@route/metrics";

if (isMainThread) {
  const registry = new WorkerRegistry();
  const count = Number(process.argv[2] ?? 2);
  const workers = Array.from({ length: count }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  // What a worker tells its client and what it tells this program come by different ways. The types leave this out.
  const { workerCount } = WorkerRegistry as unknown as { workerCount(): number };
  while (workerCount() < count) await sleep(5);
  const last = workers.pop()!;
  last.postMessage("end");
  await once(last, "exit");
  console.log(await registry.workerMetrics());
  await Promise.all(workers.map((worker) => worker.terminate()));
} else {
  const registry = new Registry();
  WorkerRegistry.setRegistries(registry);
  const own = new WorkerRegistry();
  const monitor = new PerformanceMonitor({ registry, labels: { service: "chat" } });
  for (let i = 0; i < threadId; i++) monitor.recordRequest(2, true);
  monitor.setCacheSize(10 * threadId);
  parentPort?.once("message", async () => {
    await own.shutdown();
    process.exit();
  });
  parentPort?.postMessage("recorded");
}
