import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { scenarios } from "../src/scenarios/catalog.ts";
import { isAlive, run } from "./command-line.ts";
import { until } from "./harness.ts";

it.each(scenarios.map(({ name }) => name))("the scenario %s says yes", async (name) => {
  const { output, exit } = run(["--scenario", name, "--short"]);
  const code = await exit;
  expect(output.text).toMatch(new RegExp(`^## ${name}: yes$`, "m"));
  expect(code).toBe(0);
});

it("a scenario that there is not: 2, and those that there are", async () => {
  const { output, exit } = run(["--scenario", "none"]);
  expect(await exit).toBe(2);
  for (const { name } of scenarios) expect(output.text).toContain(name);
});

it("a run that is ended takes Redis, pods and gateways along", async () => {
  const { child, exit } = run(["--scenario", "kill"]);
  const children = (): number[] =>
    readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ").map(Number);
  await until("Redis, three pods and a gateway run", () => children().length === 5);
  const all = children();
  child.kill("SIGTERM");
  expect(await exit).toBe(143);
  await until("all have ended", () => !all.some(isAlive));
});
