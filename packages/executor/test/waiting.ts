import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `condition` holds; fails after 15 s with `what`. */
export const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const endMs = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited 15 s for: ${what}`);
    await sleep(10);
  }
};
