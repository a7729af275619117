import { getHeapStatistics } from "node:v8";
import type { Collector, PerformanceMetrics } from "@route/analysis";

interface Reading {
  readonly atMs: number;
  readonly cpuMicros: number;
}

const read = (): Reading => {
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), cpuMicros: user + system };
};

/** What this process has used since it was asked before: the share of one core, and of the heap that V8 may have. */
export const processCollector = (): Collector => {
  let last = read();
  return {
    name: "process",
    collect: (): PerformanceMetrics => {
      const now = read();
      const micros = Math.max((now.atMs - last.atMs) * 1000, 1);
      const cpuUsage = Math.min((now.cpuMicros - last.cpuMicros) / micros, 1);
      last = now;
      const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics();
      return { memoryUsage: usedBytes / limitBytes, cpuUsage };
    },
  };
};
