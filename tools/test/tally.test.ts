import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { countStep, readSteps, type Step, summarize } from "../tally.ts";

const file = (status: string, ...tests: string[]) => ({
  name: "a.test.ts",
  status,
  message: status === "failed" ? "Cannot find module 'x'\nstack" : "",
  assertionResults: tests.map((outcome, index) => ({ fullName: `t${index}`, status: outcome })),
});
const vitest = (...testResults: object[]): string => JSON.stringify({ testResults });
const step = (name: string, exitCode: number, report?: string): Step => ({ name, exitCode, report });
const count = (passed: number, failed: number) => expect.objectContaining({ passed, failed });

describe("a step", () => {
  it.each<[string, Step, number, number]>([
    ["of tests that pass", step("test", 0, vitest(file("passed", "passed", "passed"))), 2, 0],
    ["with a failing test", step("test", 1, vitest(file("failed", "passed", "failed"))), 1, 1],
    ["with a file that does not load", step("test", 1, vitest(file("failed"), file("passed", "passed"))), 1, 1],
    ["with a file whose preparation failed", step("test", 1, vitest(file("failed", "skipped", "skipped"))), 0, 2],
    ["with tests that did not run", step("test", 0, vitest(file("passed", "passed", "skipped", "pending"))), 1, 2],
    ["whose tests pass but whose runner fails", step("test:e2e", 1, vitest(file("passed", "passed"))), 1, 1],
    ["that crashed before its report", step("test:release", 1), 0, 1],
    ["that ended well but left no report", step("test:release", 0), 0, 1],
    ["with half a report", step("test", 137, '{"testResults": ['), 0, 1],
    ["that executed no test", step("test:e2e", 0, vitest()), 0, 1],
    ["of parts", step("check", 1, JSON.stringify({ typecheck: true, lint: false, build: true })), 2, 1],
    ["of parts that crashed", step("check", 127), 0, 1],
    ["without a report that passes", step("provide", 0), 1, 0],
    ["without a report that fails", step("provide", 100), 0, 1],
  ])("%s is counted", (_, given, passed, failed) => {
    expect(countStep(given)).toEqual(count(passed, failed));
  });
});

describe("the summary", () => {
  it("ends with the sum, alone on its line, and names what failed in one line each", () => {
    const { lines, failed } = summarize([
      step("provide", 0),
      step("test", 1, vitest(file("failed"), file("passed", "passed", "passed"))),
      step("test:e2e", 1),
    ]);
    expect(lines.at(-1)).toBe("3 passed, 2 failed");
    expect(lines).toContain("  FAILED a.test.ts: Cannot find module 'x'");
    expect(failed).toBe(2);
  });

  it("is a failure where nothing ran", () => {
    expect(summarize([])).toEqual({ lines: ["0 passed, 1 failed"], failed: 1 });
  });

  it("reads what the steps left in a folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "route-tally-"));
    try {
      writeFileSync(join(folder, "steps"), "provide\t0\ntest\t0\ntest:e2e\t124\ncheck\t\n");
      writeFileSync(join(folder, "test.json"), vitest(file("passed", "passed")));
      expect(summarize(readSteps(folder)).lines.at(-1)).toBe("2 passed, 2 failed");
      expect(readSteps(join(folder, "nowhere"))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
