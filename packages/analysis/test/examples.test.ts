import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "..");
const readme = readFileSync(join(folder, "README.md"), "utf8");

const expected: Record<string, RegExp> = {
  "quickstart.ts":
    /^medium: High Response Time: responseTimeMs averaged 310 over 30 s \(6 samples\); fires above 250\n/,
  "traffic.ts": /^High Error Rate: errorRate averaged 0\.2 over 60 s \(3 samples\); fires above 0\.05\n/,
  "live.ts": /^High Error Rate: .*\nDo: Roll back\nresolved: High Error Rate: /m,
};

it.each(readdirSync(join(folder, "examples")))(
  "%s runs and prints what it promises",
  (file) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=route-source", join(folder, "examples", file)],
      { encoding: "utf8", timeout: 60_000 },
    );
    expect({ status, stderr: stderr.replace(/^High Error Rate: .*\n/m, "") }).toEqual({ status: 0, stderr: "" });
    expect(`${stderr}${stdout}`).toMatch(expected[file]!);
  },
  90_000,
);

it("quickstart.ts is what the README shows", () => {
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(join(folder, "examples/quickstart.ts"), "utf8")}\`\`\``);
});
