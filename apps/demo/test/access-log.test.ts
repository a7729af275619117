import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDemo } from "./harness.ts";

it("has one line per request, with its pod or the gateway's own code, and without the query", async () => {
  const folder = mkdtempSync(join(tmpdir(), "route-access-"));
  const accessLog = join(folder, "access.jsonl");
  try {
    {
      await using demo = await openDemo({ pods: 1, accessLog });
      await demo.get("alice", "/path?token=secret");
      await demo.send(demo.demo.url);
    }
    const text = readFileSync(accessLog, "utf8");
    expect(text).not.toContain("secret");
    const lines = text.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { method: "GET", path: "/path", uid: "alice", status: 200, pod: 0, source: "placed" },
      { method: "GET", path: "/", status: 400, code: "UID_MISSING" },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
