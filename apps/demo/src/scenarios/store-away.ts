import { setTimeout as sleep } from "node:timers/promises";
import { never, type Scenario, type Settings, told } from "./scenario.ts";
import { common, noneFailed } from "./verdicts.ts";
import { openWorld, type World } from "./world.ts";

/** The pod agent's own default. */
const usualLeaseMs = 10_000;

/** Takes Redis away from everybody for `awayMs` in the middle of the load. */
const withoutStore = async ({ load, podLink, gatewayLinks }: World, settings: Settings, awayMs: number) => {
  const links = [podLink, ...gatewayLinks];
  load.start();
  await sleep(settings.durationMs / 4);
  for (const link of links) link?.cut();
  await sleep(awayMs);
  for (const link of links) link?.heal();
  await sleep(Math.max(settings.durationMs * 0.75 - awayMs, 2000));
  await load.stop();
};

const findings = (world: World, awayMs: number) => [
  noneFailed("failed requests", world.load.book.failures()),
  never("sessions that moved", world.load.book.moved.size),
  ...common(world),
  told("Redis was away for", `${(awayMs / 1000).toFixed(1)} s`),
];

export const storeAwayServe: Scenario = {
  name: "store-away-serve",
  story: "Redis is away for 10 s and pods go on (`onStoreLost: serve`): linked users notice nothing.",
  run: async (settings) => {
    await using world = await openWorld(settings, { canCut: true, onStoreLost: "serve" });
    const awayMs = Math.min(10_000, 2 * settings.durationMs);
    await withoutStore(world, settings, awayMs);
    return findings(world, awayMs);
  },
};

export const storeAwayRefuse: Scenario = {
  name: "store-away-refuse",
  story:
    "Redis is away for half a lease of 10 s and pods keep to it (`onStoreLost: refuse`): linked users notice nothing.",
  run: async (settings) => {
    await using world = await openWorld(settings, { canCut: true, onStoreLost: "refuse", leaseMs: usualLeaseMs });
    const awayMs = usualLeaseMs / 2;
    await withoutStore(world, settings, awayMs);
    return findings(world, awayMs);
  },
};
