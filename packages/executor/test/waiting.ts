import { setTimeout as sleep } from "node:timers/promises";
import { vi } from "vitest";
import { patienceMs } from "./until.ts";

export { patienceMs, until } from "./until.ts";

// Whoever waits for conditions may do so several times, on a machine that is slow and busy besides.
vi.setConfig({ testTimeout: 10 * patienceMs, hookTimeout: 10 * patienceMs });

/** For stores whose calls must not fail because the machine is busy. */
export const patient: { readonly timeoutMs: number } = Object.freeze({ timeoutMs: patienceMs });

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
