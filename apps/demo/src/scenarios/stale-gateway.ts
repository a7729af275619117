import { setTimeout as sleep } from "node:timers/promises";
import { never, type Scenario, some, told } from "./scenario.ts";
import { common, noneFailed } from "./verdicts.ts";
import { openWorld } from "./world.ts";

export const staleGateway: Scenario = {
  name: "stale-gateway",
  story:
    "One of two gateways loses Redis; meanwhile a frozen pod's uids are taken over and the pod thaws: what that gateway still believes is refused by the pod.",
  run: async (settings) => {
    await using world = await openWorld(settings, { gateways: 2, canCut: true });
    const { load, fleet, gatewayLinks } = world;
    // The second gateway must believe something of every uid.
    for (const uid of load.uids) await load.ask(uid, 1);
    const uids = load.book.uidsOf(0);
    gatewayLinks[1]!.cut();
    fleet.get(0)?.child.kill("SIGSTOP");
    await sleep(2 * settings.leaseMs);
    await Promise.all(uids.map((uid) => load.ask(uid, 0)));
    fleet.get(0)?.child.kill("SIGCONT");
    const beliefs = await Promise.all(uids.map((uid) => load.ask(uid, 1)));
    gatewayLinks[1]!.heal();
    await sleep(settings.leaseMs);
    const healedAtMs = performance.now();
    load.start();
    await sleep(settings.durationMs / 2);
    await load.stop();
    const { book } = load;
    return [
      some("requests that the stale gateway could not place", beliefs.filter(({ status }) => status === 503).length),
      never("wrong answers through it", beliefs.filter(({ status, pod }) => status === 200 && pod === 0).length),
      noneFailed("failed requests once it has Redis again", book.failures(undefined, healedAtMs)),
      ...common(world, { keepsState: false }),
      told("uids that were taken over", `${uids.length}`),
    ];
  },
};
