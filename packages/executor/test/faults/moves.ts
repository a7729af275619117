// Planned departures under load, and one that is not let finish. Each of these answers what it came to.
import { startRedis } from "../../../../tools/redis-server.ts";
import { mintedUid } from "./pod-log.ts";
import { type Outcome, trial } from "./trial.ts";

/** Nothing falls silent while pods leave as planned: who does not answer at once is busy. */
const answerTimeoutMs = 5000;
const rollingPods = 5;
const drainedUids = 20_000;

/** One pod after the other hands everything over, stops, and starts again. */
export const restartRolling = async (): Promise<Outcome> => {
  await using server = await startRedis();
  const store = { url: server.url, timeoutMs: 5000 };
  const leaving = Array.from({ length: rollingPods }, (_, pod) => pod);
  return await trial({ store, pods: rollingPods, answerTimeoutMs }, async ({ fleet }) => {
    for (const pod of leaving) {
      await fleet.drain(pod);
      await fleet.stop(pod);
      await fleet.start(pod);
    }
    return { leaving };
  });
};

/** A pod that holds 20,000 uids is killed when a quarter of them have moved. */
export const killInDrain = async (): Promise<Outcome> => {
  await using server = await startRedis();
  return await trial({ store: { url: server.url } }, async ({ fleet }) => {
    await fleet.claim(1, drainedUids);
    await fleet.killInDrain(1, drainedUids / 4);
    return { victims: [1], leaving: [1], uids: Array.from({ length: drainedUids }, (_, index) => mintedUid(1, index)) };
  });
};
