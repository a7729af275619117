import { getHeapStatistics } from "node:v8";
import type { PerformanceMetrics } from "@route/analysis";

/** The running totals that a sample is made of; `PerformanceMonitor.snapshot()` has them. */
export interface Totals {
  readonly request_total: number;
  readonly request_errors: number;
  readonly request_duration_seconds_sum: number;
  readonly cache_hits: number;
  readonly cache_misses: number;
}

interface Reading {
  readonly totals: Totals;
  readonly atMs: number;
  readonly cpuMicros: number;
}

const ratio = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Turns running totals into what happened since the last sample. Without traffic a figure is left out, never zero. */
export class TrafficSampler {
  readonly #read: () => Totals;
  #last: Reading;

  constructor(read: () => Totals) {
    this.#read = read;
    this.#last = this.#now();
  }

  sample(): PerformanceMetrics {
    const before = this.#last;
    const now = this.#now();
    this.#last = now;
    const seconds = Math.max((now.atMs - before.atMs) / 1000, 0.001);
    const since = (name: keyof Totals): number => now.totals[name] - before.totals[name];
    const requests = since("request_total");
    const meanSeconds = ratio(since("request_duration_seconds_sum"), requests);
    const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics();
    return {
      requestRate: requests / seconds,
      responseTimeMs: meanSeconds === undefined ? undefined : meanSeconds * 1000,
      errorRate: ratio(since("request_errors"), requests),
      cacheHitRate: ratio(since("cache_hits"), since("cache_hits") + since("cache_misses")),
      memoryUsage: usedBytes / limitBytes,
      cpuUsage: Math.min((now.cpuMicros - before.cpuMicros) / 1e6 / seconds, 1),
    };
  }

  #now(): Reading {
    return { totals: this.#read(), atMs: performance.now(), cpuMicros: cpuMicros() };
  }
}
