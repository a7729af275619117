import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends a child when this process ends, by whatever it ends, SIGKILL included: a shell waits for the end of its standard
 * input, which the system closes with us, and kills the child then.
 */
export const endWithUs = (child: ChildProcess): void => {
  const guard = spawn("sh", ["-c", `read -r _; kill -9 ${child.pid} 2>/dev/null`], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.unref();
  guard.stdin.once("error", () => {});
  child.once("exit", () => guard.kill("SIGKILL"));
};
