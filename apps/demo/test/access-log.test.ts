import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { AccessLog } from "../src/gateway/access-log.ts";
import { openDemo, until } from "./harness.ts";

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

it("that cannot be written is told of once, and stops nobody", async () => {
  const errors: string[] = [];
  const log = new AccessLog("/dev/full", ({ message }) => void errors.push(message));
  const served = { req: { method: "GET", url: "/" }, uid: "u", status: 200, durationMs: 1 } as unknown as Parameters<
    AccessLog["write"]
  >[0];
  log.write(served);
  await until("the disk is full", () => errors.length === 1);
  log.write(served);
  expect([log.dropped, errors]).toEqual([1, [expect.stringContaining("ENOSPC")]]);
  await log.close();
});

it("a pod whose own log cannot be written serves on", async () => {
  const logFolder = mkdtempSync(join(tmpdir(), "route-full-"));
  try {
    symlinkSync("/dev/full", join(logFolder, "pod-0.jsonl"));
    await using demo = await openDemo({ pods: 1, logFolder });
    for (let count = 1; count < 4; count++)
      expect(await demo.get("alice")).toMatchObject({ status: 200, body: { count } });
  } finally {
    rmSync(logFolder, { recursive: true, force: true });
  }
});
