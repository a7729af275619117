import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AnalysisError, type AnalysisErrorCode } from "@route/analysis";
import { expect, it } from "vitest";
import { immediate, setUp } from "./support.ts";

const failuresOf = async (collect: () => Promise<undefined>) => {
  const { analyzer } = setUp({ collectTimeoutMs: 1 });
  analyzer.addCollector({ name: "a", collect });
  throw (await analyzer.collect())[0];
};

const acts: Record<AnalysisErrorCode, () => unknown> = {
  RULE_EXISTS: () => setUp({ rules: [immediate(), immediate()] }),
  COLLECTOR_EXISTS: () => {
    const { analyzer } = setUp();
    for (let twice = 0; twice < 2; twice++) analyzer.addCollector({ name: "a", collect: () => undefined });
  },
  COLLECTOR_FAILED: () => failuresOf(() => Promise.reject(new Error("no"))),
  COLLECTOR_TIMEOUT: () => failuresOf(() => new Promise(() => {})),
  ANALYZER_CLOSED: () => {
    const { analyzer } = setUp();
    analyzer.close();
    analyzer.start();
  },
};

it.each(Object.entries(acts))("%s is thrown", async (code, act) => {
  const error = await Promise.try(act).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AnalysisError);
  expect(error).toMatchObject({ name: "AnalysisError", code });
});

it("documents each code in the README, and no other", () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const codes = [...readme.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code]) => code);
  expect(codes.sort()).toEqual(Object.keys(acts).sort());
});

it("collects no more when closed", async () => {
  const { analyzer } = setUp();
  analyzer.close();
  await expect(analyzer.collect()).rejects.toMatchObject({ code: "ANALYZER_CLOSED" });
});

it("is told from other errors, also by another copy of the package", async () => {
  const copy = "../src/errors.ts?copy";
  const other = (await import(/* @vite-ignore */ copy)) as typeof import("../src/errors.ts");
  expect(other.AnalysisError).not.toBe(AnalysisError);
  expect(new other.AnalysisError("RULE_EXISTS", "a")).toBeInstanceOf(AnalysisError);
  expect(new Error("a")).not.toBeInstanceOf(AnalysisError);
  expect(null).not.toBeInstanceOf(AnalysisError);
});
