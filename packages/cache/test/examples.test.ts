import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const examples = readdirSync(join(root, "examples"));

it.each(examples)("examples/%s runs and ends by itself", (name) => {
  const { status, stderr } = spawnSync(process.execPath, ["--conditions=route-source", join(root, "examples", name)], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

it("the README quotes the quickstart word for word", () => {
  const quickstart = readFileSync(join(root, "examples/quickstart.ts"), "utf8");
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain(`\`\`\`ts\n${quickstart}\`\`\``);
});
