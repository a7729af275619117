import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { immediate } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "route-analyze-"));
afterAll(() => rmSync(folder, { recursive: true }));

const command = ["--conditions=route-source", join(import.meta.dirname, "../src/cli.ts")];
const run = (args: readonly string[], input: string | Buffer = "") => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], { input, encoding: "utf8" });
  return { status, stdout, stderr };
};
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const lines = (...samples: object[]): string =>
  samples
    .map((sample, index) => `${JSON.stringify({ timestampMs: 1_763_712_000_000 + index * 1000, ...sample })}\n`)
    .join("");

const fine = lines({ errorRate: 0 }, { errorRate: 0.01 }, { errorRate: 0 });
const failing = lines({ errorRate: 0.5 }, { errorRate: 0.5 }, { errorRate: 0.5 });

describe("route-analyze", () => {
  it("reads a file, prints the report as text, and exits with 0 when all is well", () => {
    const { status, stdout, stderr } = run([file("fine.jsonl", fine)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(
      "Performance report, 2025-11-21T08:00:02.000Z\nIssues: 0 critical, 0 high, 0 medium, 0 low\n",
    );
    expect(stdout).toContain("Low Cache Hit Rate: 0 of 3 samples of cacheHitRate in 60 s");
  });

  it("reads standard input, prints JSON, and exits with 1 on an issue", () => {
    for (const args of [
      ["--format", "json"],
      ["--format=json", "-"],
    ]) {
      const { status, stdout } = run(args, failing);
      expect(status).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        schemaVersion: 1,
        issues: [{ rule: "High Error Rate", evidence: { value: 0.5 } }],
      });
    }
  });

  it("counts an incident that has ended in the recording", () => {
    const quiet = Array.from({ length: 90 }, () => ({ requestRate: 1000, errorRate: 0 }));
    const recording = failing + lines(...Array(3).fill({}), ...quiet);
    const { status, stdout } = run(["--format", "json"], recording);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ issues: [], resolved: [{ rule: "High Error Rate" }] });
  });

  it.each([
    ["high", 1],
    ["critical", 0],
    ["never", 0],
  ])("--fail-on %s makes the exit code of a high issue %d", (severity, expected) => {
    expect(run(["--fail-on", severity], failing).status).toBe(expected);
  });

  it("judges by the rules of a file", () => {
    const rules = file("rules.json", JSON.stringify([immediate({ metric: "errorRate", threshold: 0.005 })]));
    const { status, stdout } = run(["--rules", rules, "--format", "json"], fine);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ resolved: [{ rule: "Busy" }], rules: [{ name: "Busy" }] });
  });

  it("takes a byte order mark, Windows line ends, blank lines, null for no data, and no line end at the end", () => {
    const text = `\uFEFF${failing.replaceAll("\n", "\r\n\r\n")}{"timestampMs":1763712003000,"errorRate":0.5,"cacheHitRate":null}`;
    const { status, stdout } = run(["--format", "json"], text);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).statistics).toMatchObject({ total_metrics_count: 4, average_error_rate: 0.5 });
  });

  it.each([
    ["no JSON", '{"timestampMs":1}\n{oops}', /standard input: line 2: .*JSON/],
    ["no object", "[1]", /line 1: a sample must be a JSON object, got \[1\]/],
    ["no time", '{"errorRate":1}', /line 1: sample\.timestampMs is missing/],
    ["a bad figure", '\n\n{"timestampMs":1,"errorRate":5}', /line 3: sample\.errorRate must be .* got 5/],
    ["an unknown figure", '{"timestampMs":1,"latency":5}', /line 1: sample has no field "latency"/],
    ["a terminal escape", '"\u001b[31m', /line 1: \P{Cc}*\n/u],
    ["no line breaks", "x".repeat(200_000), /line 1: a line must have at most 65536 characters/],
    ["nothing", " \n", /standard input: no samples/],
  ])("names line and reason of bad input: %s", (_what, input, message) => {
    const { status, stdout, stderr } = run([], input);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it.each([
    ["an unknown option", ["--colour"], /Unknown option '--colour'/],
    ["an unknown format", ["--format", "xml"], /--format must be one of text, json, got "xml"/],
    ["an unknown severity", ["--fail-on", "bad"], /--fail-on must be one of low, medium, high, critical, never/],
    ["two files", ["a", "b"], /one FILE at most, got 2/],
    ["a missing file", [join(folder, "missing.jsonl")], /ENOENT/],
    ["a folder", [folder], /EISDIR/],
    ["missing rules", ["--rules", join(folder, "missing.json")], /missing\.json: ENOENT/],
    ["rules that are no JSON", ["--rules", file("bad.json", "[")], /bad\.json: .*JSON/],
    ["rules that are no array", ["--rules", file("object.json", "{}")], /rules must be an array/],
    ["a bad rule", ["--rules", file("rule.json", '[{"name":"a","metric":"b"}]')], /rule "a": metric must be one of/],
  ])("refuses %s", (_what, args, message) => {
    const { status, stdout, stderr } = run(args, fine);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/Try route-analyze --help\n$/);
  });

  it("explains itself, in the words of the README", () => {
    const { status, stdout } = run(["--help"]);
    expect(status).toBe(0);
    expect(readFileSync(join(import.meta.dirname, "../README.md"), "utf8")).toContain(stdout);
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as {
      version: string;
    };
    expect(run(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.runIf(existsSync("/dev/full"))("does not take a report that cannot be written for a verdict", () => {
    const full = openSync("/dev/full", "w");
    try {
      const stdio = ["pipe", full, "pipe"] as const;
      const { status, stderr } = spawnSync(process.execPath, command, {
        input: fine,
        encoding: "utf8",
        stdio: [...stdio],
      });
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringMatching(/^route-analyze: ENOSPC.*\n.*\n$/),
      });
    } finally {
      closeSync(full);
    }
  });

  it("does not mind a reader that leaves early", async () => {
    const child = spawn(process.execPath, [...command, "--format", "json"], { stdio: ["pipe", "pipe", "pipe"] });
    const errors: string[] = [];
    child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
    child.stdout.destroy();
    child.stdin.end(failing);
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect({ status, errors }).toEqual({ status: 1, errors: [] });
  });
});
