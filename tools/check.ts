// `pnpm check`: everything that needs no running test, one step after the other. A failing step does not stop the next,
// so that all complaints show at once.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const steps = ["typecheck", "lint", "build", "check:pkg", "check:house"];

const outcome: Record<string, boolean> = {};
for (const step of steps)
  outcome[step] = spawnSync("pnpm", ["run", step], { cwd: root, stdio: "inherit" }).status === 0;

for (const [step, passed] of Object.entries(outcome)) console.log(`${passed ? "passed" : "FAILED"}  ${step}`);
if (process.env["CI"]) {
  mkdirSync(join(root, ".results"), { recursive: true });
  writeFileSync(join(root, ".results", "check.json"), JSON.stringify(outcome));
}
process.exitCode = Object.values(outcome).every(Boolean) ? 0 : 1;
