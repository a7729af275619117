import { setTimeout as sleep } from "node:timers/promises";
import { atMost, never, type Scenario, told } from "./scenario.ts";
import { common, noneFailed } from "./verdicts.ts";
import { openWorld } from "./world.ts";

export const kill: Scenario = {
  name: "kill",
  story: "kill -9 of a pod: its uids are served elsewhere after its lease, and nobody else's notice.",
  run: async (settings) => {
    await using world = await openWorld(settings);
    const { load, fleet } = world;
    load.start();
    await sleep(settings.durationMs / 4);
    const orphans = new Set(load.book.uidsOf(1));
    const killedAtMs = performance.now();
    fleet.get(1)?.child.kill("SIGKILL");
    await sleep(Math.max((settings.durationMs * 3) / 4, settings.leaseMs + 2000));
    await load.stop();
    const { book } = load;
    const ofOthers = (uid: string): boolean => !orphans.has(uid);
    const ends = book.failures((uid) => orphans.has(uid)).map(({ sentAtMs }) => sentAtMs - killedAtMs);
    return [
      noneFailed("failed requests of other pods' uids", book.failures(ofOthers)),
      never("uids of other pods that moved", [...book.moved].filter(ofOthers).length),
      never("uids of other pods whose state was lost", [...book.lost].filter(ofOthers).length),
      ...common(world, { keepsState: false }),
      atMost("last refusal after the kill", Math.max(0, ...ends), settings.leaseMs + 1000, "ms"),
      told("uids of the dead pod", `${orphans.size}`),
      told("requests refused meanwhile, with Retry-After", `${ends.length}`),
    ];
  },
};
