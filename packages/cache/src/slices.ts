import { unref } from "./unref.ts";

/** Runs a step now, and then once per turn of the event loop, until it returns true or is stopped. */
export const runInSlices = (step: () => boolean): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = (): void => {
    timer = step() ? undefined : unref(setTimeout(run, 0));
  };
  run();
  return () => clearTimeout(timer);
};
