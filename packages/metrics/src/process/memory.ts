import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { nothingToStop, type Probe } from "./probe.ts";

const resident = "process_resident_memory_bytes";
const heapTotal = "nodejs_heap_size_total_bytes";
const heapUsed = "nodejs_heap_size_used_bytes";
const heapLimit = "nodejs_heap_size_limit_bytes";
const external = "nodejs_external_memory_bytes";
const spaceUsed = "nodejs_heap_space_size_used_bytes";

/** Resident memory, the V8 heap and its spaces. */
export const memoryProbe: Probe = {
  names: [resident, heapTotal, heapUsed, heapLimit, external, spaceUsed],
  start(meter) {
    const sampled = (name: string, help: string, collect: () => number): void =>
      void meter.gauge({ name, help, collect });
    sampled(resident, "Memory of the process that is in RAM", () => process.memoryUsage.rss());
    sampled(heapTotal, "Size of the V8 heap", () => getHeapStatistics().total_heap_size);
    sampled(heapUsed, "Used part of the V8 heap", () => getHeapStatistics().used_heap_size);
    sampled(heapLimit, "Size that the V8 heap may reach", () => getHeapStatistics().heap_size_limit);
    sampled(
      external,
      "Memory of buffers and other objects outside the V8 heap",
      () => getHeapStatistics().external_memory,
    );
    const spaces = meter.gauge({
      name: spaceUsed,
      help: "Used part of each space of the V8 heap",
      labelNames: ["space"],
      collect: () => {
        for (const { space_name, space_used_size } of getHeapSpaceStatistics())
          spaces.labels(space_name.replace(/_space$/, "")).set(space_used_size);
        return undefined;
      },
    });
    return nothingToStop;
  },
};
