// Whoever awaits a call gets its end; what nobody awaits keeps no process alive.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { patienceMs } from "./waiting.ts";

const run = async (body: string): Promise<string> => {
  const script = `
    import { MemoryStore, PodAgent, StatefulExecutor, StatefulRouter } from "@route/executor";
    const name = { store: new MemoryStore(), namespace: "test", service: "rooms" };
    ${body}`;
  const args = ["--conditions=route-source", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: import.meta.dirname,
    timeout: 4 * patienceMs,
  });
  return stdout;
};

const startPod = `
  const agent = new PodAgent({ ...name, id: 0, address: "127.0.0.1:1" });
  await agent.start();`;

const moveThatNeverEnds = `
  const scope = new StatefulExecutor(name).scope(name);
  const status = { address: "a:1", revision: "", state: "ready", load: 0 };
  const { incarnation } = await scope.acquirePod(0, "t", status, 600000);
  const { link } = await scope.setLinkedPodIfAbsent("alice", { pod: 0, incarnation }, 3600);
  await scope.beginMove("alice", link, { pod: 1, incarnation: 1 }, 600000);
  const router = new StatefulRouter({ ...name, moveWaitMs: 50 });`;

describe("a process with nothing else to do", () => {
  it.each([
    [
      "a drain that is paced",
      `${startPod} await agent.claim("a"); await agent.claim("b"); await agent.drain({ to: "hold", rate: 20 });`,
    ],
    [
      "a stop that waits for a request",
      `${startPod} await agent.claim("a"); agent.admit("a").inFlight++; await agent.stop({ graceMs: 50 });`,
    ],
    ["a router that waits for a move", `${moveThatNeverEnds} await router.resolve("alice").catch(() => {});`],
  ])("goes on after %s", async (_name, body) => {
    expect(await run(`${body} console.log("went on");`)).toBe("went on\n");
  });

  it.each([
    ["a pod", startPod],
    ["a router that is watched", `const router = new StatefulRouter(name); router.watch().next();`],
  ])("is not kept by %s", async (_name, body) => {
    expect(await run(`${body} setTimeout(() => console.log("done"), 50);`)).toBe("done\n");
  });
});
