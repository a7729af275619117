import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scenarios } from "../src/scenarios/catalog.ts";

const main = join(import.meta.dirname, "../src/main.ts");

const run = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, ["--conditions=route-source", main, ...args], { stdio: "pipe" });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, "exit")) as [number];
  return { code, text };
};

it.each(scenarios.map(({ name }) => name))("the scenario %s says yes", async (name) => {
  const { code, text } = await run("--scenario", name, "--short");
  expect(text).toMatch(new RegExp(`^## ${name}: yes$`, "m"));
  expect(code).toBe(0);
});

it("a scenario that there is not: 2, and those that there are", async () => {
  const { code, text } = await run("--scenario", "none");
  expect(code).toBe(2);
  for (const { name } of scenarios) expect(text).toContain(name);
});
