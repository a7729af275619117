// Planned departures under load, and one that is not let finish. Each of these answers what it came to.
import { startRedis } from "../../../../tools/redis-server.ts";
import { mintedUid } from "./pod-log.ts";
import { type Conditions, type Outcome, trial } from "./trial.ts";

/** Nothing falls silent while pods leave as planned: who does not answer at once is busy, and nobody gives up. */
const patient = Object.freeze({
  ...{ leaseMs: 20_000, storeTimeoutMs: 30_000, answerTimeoutMs: 30_000, resendForMs: 30_000 },
});
const rollingPods = 5;
const drainedUids = 20_000;

/** One pod after the other hands everything over, stops, and starts again. */
export const restartRolling = async (conditions: Conditions): Promise<Outcome> => {
  await using server = await startRedis();
  const leaving = Array.from({ length: rollingPods }, (_, pod) => pod);
  const store = { url: server.url };
  return await trial({ ...conditions, ...patient, store, pods: rollingPods }, async ({ fleet }) => {
    for (const pod of leaving) {
      await fleet.drain(pod);
      await fleet.stop(pod);
      await fleet.start(pod);
    }
    return { leaving };
  });
};

/** A pod that holds 20,000 uids is killed when a quarter of them have moved. */
export const killInDrain = async (conditions: Conditions): Promise<Outcome> => {
  await using server = await startRedis();
  return await trial({ ...conditions, store: { url: server.url } }, async ({ fleet }) => {
    await fleet.claim(1, drainedUids);
    await fleet.killInDrain(1, drainedUids / 4);
    return { victims: [1], leaving: [1], uids: Array.from({ length: drainedUids }, (_, index) => mintedUid(1, index)) };
  });
};
