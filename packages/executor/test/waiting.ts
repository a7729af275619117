import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `condition` holds; fails after 15 s with `what`. */
export const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const endMs = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited 15 s for: ${what}`);
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
