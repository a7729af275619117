import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "./scenario.ts";
import type { World } from "./world.ts";

/** Restarts all pods, one after the other, spread over the duration: each drains, ends, and comes back. */
export const restartPods = async ({ fleet }: World, { durationMs }: Settings): Promise<void> => {
  const pauseMs = durationMs / 8;
  const startMs = performance.now();
  for (const { id, child } of fleet.list()) {
    await sleep(pauseMs);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    await fleet.start(id);
  }
  await sleep(Math.max(pauseMs, durationMs - (performance.now() - startMs)));
};
