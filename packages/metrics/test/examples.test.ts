import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);

it.each(readdirSync(join(root, "examples")))("examples/%s runs to its end", async (file) => {
  const { stderr } = await run(process.execPath, ["--conditions=route-source", join("examples", file)], { cwd: root });
  expect(stderr).toBe("");
});

it("the README quotes the quickstart", () => {
  const quickstart = readFileSync(join(root, "examples/quickstart.ts"), "utf8");
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain(`\`\`\`ts\n${quickstart}\`\`\``);
});
