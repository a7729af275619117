import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const folder = join(import.meta.dirname, "../examples");
const examples = readdirSync(folder).filter((file) => file.endsWith(".ts"));

describe("examples", () => {
  it.each(examples)("%s runs and ends by itself", async (file) => {
    const { stdout } = await run(process.execPath, ["--conditions=route-source", join(folder, file)]);
    expect(stdout).not.toBe("");
  });

  it("are what the README quotes", () => {
    const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
    expect(readme).toContain(readFileSync(join(folder, "quickstart.ts"), "utf8").trim());
  });
});
