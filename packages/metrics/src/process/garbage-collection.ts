import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import type { Probe } from "./probe.ts";

const name = "nodejs_gc_duration_seconds";

const kinds = new Map<number, string>([
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weakcb"],
]);

/** Pauses for garbage collection, by kind. */
export const garbageCollectionProbe: Probe = {
  names: [name],
  start(meter) {
    const pauses = meter.histogram({
      name,
      help: "Pauses for garbage collection",
      labelNames: ["kind"],
      buckets: [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    });
    for (const kind of kinds.values()) pauses.labels(kind);
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind } = (entry as PerformanceEntry & { readonly detail: { readonly kind: number } }).detail;
        const word = kinds.get(kind);
        if (word !== undefined) pauses.labels(word).observe(entry.duration / 1000);
      }
    });
    observer.observe({ entryTypes: ["gc"] });
    return { [Symbol.dispose]: () => observer.disconnect() };
  },
};
