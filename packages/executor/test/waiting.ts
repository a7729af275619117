import { setTimeout as sleep } from "node:timers/promises";
import { vi } from "vitest";

/** So long a test waits for what it needs, in milliseconds: no claim about time, but the end of a test that hangs. */
export const patienceMs = 30_000;
// Whoever waits for conditions may do so several times, on a machine that is slow and busy besides.
vi.setConfig({ testTimeout: 10 * patienceMs, hookTimeout: 10 * patienceMs });

/** For stores whose calls must not fail because the machine is busy. */
export const patient: { readonly timeoutMs: number } = Object.freeze({ timeoutMs: patienceMs });

/** Waits until `condition` holds; fails after {@link patienceMs} with `what`. */
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

/** Whether a promise is still open after what needs no news could have happened. */
export const isPending = async (promise: Promise<unknown>): Promise<boolean> => {
  let isOpen = true;
  const end = (): void => {
    isOpen = false;
  };
  promise.then(end, end);
  await sleep(60);
  return isOpen;
};
