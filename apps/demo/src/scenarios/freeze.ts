import { setTimeout as sleep } from "node:timers/promises";
import { never, type Scenario, some, told } from "./scenario.ts";
import { common, noneFailed } from "./verdicts.ts";
import { openWorld } from "./world.ts";

export const freeze: Scenario = {
  name: "freeze",
  story: "A pod is frozen for two leases and thawed: what was taken over meanwhile it never serves again.",
  run: async (settings) => {
    await using world = await openWorld(settings);
    const { load, fleet } = world;
    load.start();
    await sleep(settings.durationMs / 5);
    const frozen = new Set(load.book.uidsOf(0));
    fleet.get(0)?.child.kill("SIGSTOP");
    await sleep(1.5 * settings.leaseMs);
    // Users whose request is stuck in the frozen pod wait; so these ask anew, and are taken over.
    await Promise.all([...frozen].slice(0, 100).map((uid) => load.ask(uid)));
    await sleep(0.5 * settings.leaseMs);
    fleet.get(0)?.child.kill("SIGCONT");
    const thawedAtMs = performance.now();
    await sleep(Math.max(settings.durationMs * 0.8 - 2 * settings.leaseMs, 2000));
    await load.stop();
    const { book } = load;
    const ofOthers = (uid: string): boolean => !frozen.has(uid);
    const settledMs = thawedAtMs + settings.leaseMs / 2;
    return [
      noneFailed("failed requests of other pods' uids", book.failures(ofOthers)),
      noneFailed("failed requests of any uid after the thaw", book.failures(undefined, settledMs)),
      never("uids of other pods whose state was lost", [...book.lost].filter(ofOthers).length),
      ...common(world, { keepsState: false }),
      some("uids of the frozen pod that were taken over", [...book.moved].filter((uid) => frozen.has(uid)).length),
      told("requests refused meanwhile", `${book.failures((uid) => frozen.has(uid)).length}`),
    ];
  },
};
