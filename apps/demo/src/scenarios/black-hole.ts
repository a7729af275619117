import { setTimeout as sleep } from "node:timers/promises";
import { atMost, longLeaseMs, never, type Scenario, told } from "./scenario.ts";
import { common } from "./verdicts.ts";
import { openWorld } from "./world.ts";

export const blackHole: Scenario = {
  name: "black-hole",
  story:
    "Two pods join that renew their leases: one resets every connection, one answers probes and breaks off every request at once. Meanwhile a tenth of the requests are of new users.",
  run: async (settings) => {
    await using world = await openWorld(settings, { newShare: 0.1, leaseMs: longLeaseMs });
    const { load, fleet } = world;
    load.start();
    await sleep(settings.durationMs / 4);
    await Promise.all([fleet.start(3, { deaf: true }), fleet.start(4, { reset: true })]);
    await sleep((settings.durationMs * 3) / 4);
    await load.stop();
    const { outcomes } = load.book;
    const failed = load.book.failures().length;
    return [
      atMost("failed requests", (100 * failed) / outcomes.length, 0.05, "%", 3),
      never("sessions that moved", load.book.moved.size),
      ...common(world),
      told("requests, and how many failed", `${outcomes.length}, ${failed}`),
    ];
  },
};
