import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Load } from "./load.ts";
import { longLeaseMs, never, type Scenario, some, told } from "./scenario.ts";
import { common, noneFailed } from "./verdicts.ts";
import { openWorld } from "./world.ts";

const weight = (uid: string, pod: number): string => createHash("sha256").update(`${uid} ${pod}`).digest("hex");

const maxGroups = 20;

/** Where a proxy that hashes (rendezvous, the least disturbing kind) sends a uid. */
const hashed = (uid: string, pods: number): number => {
  let best = 0;
  for (let pod = 1; pod < pods; pod++) if (weight(uid, pod) > weight(uid, best)) best = pod;
  return best;
};

/** Lets newcomers come until one is on a new pod, which gets its first once it has answered a probe; how many are there. */
const askNewcomers = async (load: Load): Promise<number> => {
  for (let group = 0; group < maxGroups; group++) {
    const newcomers = Array.from({ length: 20 }, (_, index) => `late-${group}-${index}`);
    await load.warm(newcomers);
    const onNew = newcomers.filter((uid) => (load.book.podOf(uid) ?? 0) >= 3);
    if (onNew.length > 0) return onNew.length;
    await sleep(500);
  }
  return 0;
};

export const scale: Scenario = {
  name: "scale",
  story: "The fleet grows from three pods to five under load: no session moves, and newcomers reach the new pods.",
  run: async (settings) => {
    await using world = await openWorld(settings, { leaseMs: longLeaseMs });
    const { load, fleet } = world;
    load.start();
    await sleep(settings.durationMs / 3);
    await fleet.scale(5);
    await sleep((settings.durationMs * 2) / 3);
    await load.stop();
    const onNew = await askNewcomers(load);
    const rehashed = load.uids.filter((uid) => hashed(uid, 3) !== hashed(uid, 5)).length;
    return [
      noneFailed("failed requests", load.book.failures()),
      never("sessions that moved", load.book.moved.size, load.uids.length),
      ...common(world),
      some("newcomers on the new pods", onNew),
      told(
        "sessions that a hashing proxy moves",
        `${rehashed} of ${load.uids.length} (${((100 * rehashed) / load.uids.length).toFixed(0)} %)`,
      ),
    ];
  },
};
