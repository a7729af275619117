import { setTimeout as sleep } from "node:timers/promises";
import { atMost, longLeaseMs, never, type Scenario, told } from "./scenario.ts";
import { common, noneFailed, p99 } from "./verdicts.ts";
import { openWorld } from "./world.ts";

const delayMs = 2000;

export const hotPod: Scenario = {
  name: "hot-pod",
  story: `A pod becomes slow by ${delayMs / 1000} s: its own users wait, nobody else does, and nobody is moved or refused.`,
  run: async (settings) => {
    await using world = await openWorld(settings, { leaseMs: longLeaseMs });
    const { load, fleet } = world;
    load.start();
    await sleep(settings.durationMs / 4);
    const hotSinceMs = performance.now();
    fleet.setFault(0, { delayMs });
    await sleep((settings.durationMs * 3) / 4);
    await load.stop();
    const { book } = load;
    const since = book.outcomes.filter(({ sentAtMs }) => sentAtMs >= hotSinceMs);
    const times = (isHot: boolean): number[] =>
      since.filter(({ pod }) => (pod === 0) === isHot).map(({ durationMs }) => durationMs);
    return [
      noneFailed("failed requests", book.failures()),
      never("sessions that moved", book.moved.size),
      ...common(world),
      // What the machine itself does to both is in both.
      atMost("p99 of other pods' users", p99(times(false)), p99(times(true)) - delayMs / 2, "ms"),
      told("p99 of the hot pod's users", `${p99(times(true)).toFixed(0)} ms`),
    ];
  },
};
