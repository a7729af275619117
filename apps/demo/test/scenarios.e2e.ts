import { expect, it } from "vitest";
import { scenarios } from "../src/scenarios/catalog.ts";
import { run } from "./command-line.ts";

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
