// Whoever awaits a call gets its end; whoever awaits nothing is not kept waiting.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

const script = (body: string): string[] => [
  "--conditions=route-source",
  "--input-type=module",
  "--eval",
  `import { MemoryStore, PodAgent } from "@route/executor";
   const agent = new PodAgent({ store: new MemoryStore(), namespace: "n", service: "s", id: 0, address: "127.0.0.1:1" });
   await agent.start();
   ${body}`,
];

it.each([
  [
    "a drain that is paced",
    `await agent.claim("a"); await agent.claim("b"); await agent.drain({ to: "hold", rate: 20 });`,
  ],
  [
    "a stop that waits for a request",
    `await agent.claim("a"); agent.admit("a").inFlight++; await agent.stop({ graceMs: 50 });`,
  ],
])("lets the process go on after %s, with nothing else to do", async (_name, body) => {
  const { stdout } = await run(process.execPath, script(`${body} console.log("went on");`), {
    cwd: import.meta.dirname,
  });
  expect(stdout).toBe("went on\n");
});

it("does not keep a process alive that awaits nothing", async () => {
  const { stdout } = await run(process.execPath, script(`console.log("done");`), { cwd: import.meta.dirname });
  expect(stdout).toBe("done\n");
});
