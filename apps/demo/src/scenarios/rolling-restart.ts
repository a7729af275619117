import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Chatters } from "./chatters.ts";
import { never, type Scenario, some, told } from "./scenario.ts";
import { common, noneFailed } from "./verdicts.ts";
import { openWorld } from "./world.ts";

const chatters = 50;

export const rollingRestart: Scenario = {
  name: "rolling-restart",
  story: "All pods are restarted one after the other under load: each hands its uids over with their state.",
  run: async (settings) => {
    await using world = await openWorld(settings);
    const { load, fleet, gateways } = world;
    const chat = new Chatters(gateways[0]!.url, chatters);
    load.start();
    const pauseMs = settings.durationMs / 8;
    const startMs = performance.now();
    for (const { id, child } of fleet.list()) {
      await sleep(pauseMs);
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await fleet.start(id);
    }
    await sleep(Math.max(pauseMs, settings.durationMs - (performance.now() - startMs)));
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
