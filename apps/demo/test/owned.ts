import type { ChildProcess } from "node:child_process";
import { afterAll } from "vitest";

const owned = new Set<ChildProcess>();

/** Ends the process with the test file at the latest, also where a test failed or was given up before it could. */
export const own = <Child extends ChildProcess>(child: Child): Child => {
  owned.add(child);
  child.once("exit", () => owned.delete(child));
  return child;
};

afterAll(() => {
  // Also what is frozen, and so would not hear of its parent's end.
  for (const child of owned) child.kill("SIGKILL");
});
