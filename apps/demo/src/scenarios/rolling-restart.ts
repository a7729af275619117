import { Chatters } from "./chatters.ts";
import { restartPods } from "./restart-pods.ts";
import { longLeaseMs, never, type Scenario, some, told } from "./scenario.ts";
import { common, noneFailed } from "./verdicts.ts";
import { openWorld } from "./world.ts";

const chatters = 50;

export const rollingRestart: Scenario = {
  name: "rolling-restart",
  story: "All pods are restarted one after the other under load: each hands its uids over with their state.",
  run: async (settings) => {
    await using world = await openWorld(settings, { leaseMs: longLeaseMs });
    const { load, gateways } = world;
    const chat = new Chatters(gateways[0]!.url, chatters);
    load.start();
    await restartPods(world, settings);
    await load.stop();
    await chat.stop();
    return [
      noneFailed("failed requests", load.book.failures()),
      never("WebSocket messages lost or run twice", chat.wrong, chat.answered),
      never("WebSockets that ended without a 1012", chat.cut),
      ...common(world),
      some("sessions that moved, with their state", load.book.moved.size),
      told("WebSockets that were told to come back", `${chat.moved}`),
    ];
  },
};
