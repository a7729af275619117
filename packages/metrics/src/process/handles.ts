import { existsSync, readdirSync } from "node:fs";
import { nothingToStop, type Probe } from "./probe.ts";

const resources = "nodejs_active_resources";
const descriptors = "process_open_fds";
const descriptorFolder = "/proc/self/fd";

/** What keeps the event loop alive, by type, and on Linux the open file descriptors. */
export const handlesProbe: Probe = {
  names: [resources, descriptors],
  start(meter) {
    const gauges = meter.gauge({
      name: resources,
      help: "Timers, sockets and other resources that keep the event loop alive",
      labelNames: ["type"],
      collect: () => {
        const counts = new Map<string, number>();
        for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
        for (const gauge of gauges.handles()) gauge.set(0);
        for (const [type, count] of counts) gauges.labels(type).set(count);
        return undefined;
      },
    });
    if (existsSync(descriptorFolder))
      meter.gauge({
        name: descriptors,
        help: "Open file descriptors",
        // One of them is the reading itself.
        collect: () => readdirSync(descriptorFolder).length - 1,
      });
    return nothingToStop;
  },
};
