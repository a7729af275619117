// Adds up what .ci/run did. Reads `.results/steps` (lines `name<TAB>exit code`) and the report that each step left
// beside it, and prints one line per step, then the plain line `N passed, N failed`.
import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

export interface Step {
  readonly name: string;
  readonly exitCode: number;
  /** Text of the report; `undefined` where the step left none. */
  readonly report: string | undefined;
}

export interface Count {
  readonly passed: number;
  readonly failed: number;
  /** What failed, in fewer lines than `failed` where a whole file fell over. */
  readonly failures: readonly string[];
}

/** What vitest's JSON reporter writes, as far as it is read here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Which report belongs to which step. A step without one counts as one by its exit code. */
const reports: Readonly<Record<string, { file: string; count: (text: string) => Count }>> = {
  test: { file: "test.json", count: (text) => countTests(JSON.parse(text) as VitestReport) },
  check: { file: "check.json", count: (text) => countParts(JSON.parse(text) as Record<string, boolean>) },
  "test:e2e": { file: "e2e.json", count: (text) => countTests(JSON.parse(text) as VitestReport) },
  "test:release": { file: "release.json", count: (text) => countTests(JSON.parse(text) as VitestReport) },
};

const countOf = (passed: number, failures: readonly string[]): Count => ({ passed, failed: failures.length, failures });

/** A test that did not run has not passed: it counts as failed, and so does a file that fell over before its tests. */
const countTests = ({ testResults }: VitestReport): Count => {
  let passed = 0;
  let failed = 0;
  const failures: string[] = [];
  for (const { name, status, message, assertionResults: tests } of testResults) {
    const lost = tests.filter((test) => test.status !== "passed");
    const fellOver = status === "failed" && !lost.some((test) => test.status === "failed");
    passed += tests.length - lost.length;
    failed += Math.max(lost.length, fellOver ? 1 : 0);
    if (fellOver) failures.push(`${relative(".", resolve(name))}: ${message || "failed outside its tests"}`);
    else failures.push(...lost.map((test) => `${test.fullName}${test.status === "failed" ? "" : " (did not run)"}`));
  }
  return { passed, failed, failures };
};

const countParts = (outcome: Readonly<Record<string, boolean>>): Count => {
  const parts = Object.entries(outcome);
  return countOf(
    parts.filter(([, passed]) => passed).length,
    parts.filter(([, passed]) => !passed).map(([name]) => name),
  );
};

const readReport = (text: string | undefined, count: (text: string) => Count): Count => {
  if (text === undefined) return countOf(0, ["left no report"]);
  try {
    return count(text);
  } catch {
    return countOf(0, ["left a report that cannot be read"]);
  }
};

/** One step's count. An exit code other than 0, and a tier that executed nothing, are at least one failure. */
export const countStep = ({ name, exitCode, report }: Step): Count => {
  const known = reports[name];
  if (known === undefined) return exitCode === 0 ? countOf(1, []) : countOf(0, [`ended with ${exitCode}`]);
  const count = readReport(report, known.count);
  if (count.failed > 0) return count;
  if (exitCode !== 0) return countOf(count.passed, [`ended with ${exitCode}`]);
  return count.passed === 0 ? countOf(0, ["executed nothing"]) : count;
};

/** One line per step and per failure, and the sum as the last line. */
export const summarize = (steps: readonly Step[]): { lines: string[]; failed: number } => {
  const counts = steps.map((step) => ({ name: step.name, ...countStep(step) }));
  const sum = (key: "passed" | "failed"): number => counts.reduce((total, count) => total + count[key], 0);
  // Nothing ran at all: that is no success either.
  const failed = Math.max(sum("failed"), steps.length === 0 ? 1 : 0);
  return {
    lines: [
      ...counts.flatMap(({ name, passed, failed: lost, failures }) => [
        `${name.padEnd(14)} ${passed} passed, ${lost} failed`,
        ...failures.map((failure) => `  FAILED ${failure.split("\n")[0]}`),
      ]),
      `${sum("passed")} passed, ${failed} failed`,
    ],
    failed,
  };
};

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

/** The steps that a folder of results tells of. */
export const readSteps = (folder: string): Step[] =>
  (readText(join(folder, "steps")) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", exitCode = ""] = line.split("\t");
      const report = reports[name];
      return {
        name,
        exitCode: exitCode === "" ? 1 : Number(exitCode),
        report: report && readText(join(folder, report.file)),
      };
    });

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { lines, failed } = summarize(readSteps(process.argv[2] ?? ".results"));
  console.log(lines.join("\n"));
  process.exitCode = failed === 0 ? 0 : 1;
}
