// What can happen to a pod. Each of these answers what it came to, for a test and for a row of the bench.
import { setTimeout as sleep } from "node:timers/promises";
import { startRedis } from "../../../../tools/redis-server.ts";
import type { Side } from "./fleet.ts";
import { type Conditions, type Damage, type Outcome, type Stage, trial } from "./trial.ts";

/** So many leases a pod is away where it shall miss the end of its own. */
const pastLease = 1.5;

const onPod =
  (fault: (stage: Stage, pod: number) => Promise<Damage | undefined>) =>
  async (conditions: Conditions): Promise<Outcome> => {
    await using server = await startRedis();
    return await trial({ ...conditions, store: { url: server.url }, storePort: server.port }, async (stage) => {
      const damage = await fault(stage, 1);
      return damage ?? { victims: [1] };
    });
  };

export const killPod = onPod(async ({ fleet }, pod) => {
  await fleet.kill(pod);
  return undefined;
});

export const freezePodPastLease = onPod(async ({ fleet, leaseMs }, pod) => {
  await fleet.freeze(pod);
  await sleep(pastLease * leaseMs);
  fleet.thaw(pod);
  return undefined;
});

export const restartPodInsideLease = onPod(async ({ fleet }, pod) => {
  await fleet.kill(pod);
  await fleet.start(pod);
  return undefined;
});

const cutOff = (away: number, victims: readonly number[], ...sides: Side[]) =>
  onPod(async ({ fleet, leaseMs }, pod) => {
    fleet.cut(pod, ...sides);
    await sleep(away * leaseMs);
    fleet.heal(pod, ...sides);
    return { victims };
  });

export const cutOffFromStore = cutOff(pastLease, [1], "store");
/** For less than a lease: a pod that renews keeps its uids, so that the gap is as long as the cut, however long. */
export const cutOffFromGateways = cutOff(0.9, [], "gateways");
export const cutOffFromBoth = cutOff(pastLease, [1], "store", "gateways");
