import { setTimeout as sleep } from "node:timers/promises";

/** So long a test waits for what it needs, in milliseconds: no claim about time, but the end of a test that hangs. */
export const patienceMs = 30_000;

/** Waits until `condition` holds; fails after `withinMs` with `what`. */
export const until = async (
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs: number = patienceMs,
): Promise<void> => {
  const endMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await sleep(10);
  }
};
