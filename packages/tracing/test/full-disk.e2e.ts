import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

it("a file exporter reports a full disk, and writes whole lines when there is room again", () => {
  const folder = mkdtempSync(join(tmpdir(), "route-tracing-"));
  const path = join(folder, "spans.jsonl");
  const script = join(import.meta.dirname, "_full-disk-process.ts");
  const node = [process.execPath, "--conditions=route-source", script, path];
  try {
    const { stdout, stderr, error } = spawnSync("prlimit", ["--fsize=4096:unlimited", ...node]);
    if (error)
      throw new Error("prlimit is not on PATH: install util-linux, on Linux; elsewhere this test cannot run", {
        cause: error,
      });
    expect(stderr.toString()).toBe("");
    expect(stdout.toString().split("\n")).toEqual(["written", `${path} cannot be written: EFBIG`, "written", ""]);
    const names = readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.match(/"name":"(small|large|later)"/)?.[1]);
    expect(names).toEqual(["small", "large", "later", undefined]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
