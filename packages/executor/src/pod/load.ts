import { performance } from "node:perf_hooks";
import type { HeldTable } from "./held-table.ts";

/**
 * How a pod measures how busy it is. `held`: the number of uids. `in-flight`: requests and sockets under way.
 * `event-loop`: share of time in which the event loop was busy since the last look, 0 to 1.
 */
export type LoadMeasure = "held" | "in-flight" | "event-loop" | (() => number);

/** Between two looks at the event loop; shorter intervals would tell of one request only. */
const lookEveryMs = 500;

const eventLoopLoad = (): (() => number) => {
  let before = performance.eventLoopUtilization();
  let lookedAtMs = performance.now();
  let utilization = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs - lookedAtMs >= lookEveryMs) {
      const now = performance.eventLoopUtilization();
      utilization = performance.eventLoopUtilization(now, before).utilization;
      before = now;
      lookedAtMs = nowMs;
    }
    return utilization;
  };
};

/** The measure as a function. Throws a `RangeError` for an unknown one. */
export const loadOf = (measure: LoadMeasure, table: HeldTable): (() => number) => {
  if (typeof measure === "function") return measure;
  if (measure === "held") return () => table.size;
  if (measure === "in-flight") return () => table.all().reduce((sum, { inFlight }) => sum + inFlight, 0);
  if (measure === "event-loop") return eventLoopLoad();
  throw new RangeError(`load must be held, in-flight, event-loop or a function, got ${String(measure)}`);
};
