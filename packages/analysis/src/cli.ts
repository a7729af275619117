#!/usr/bin/env node
import { createReadStream, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { linesOf, parseSample } from "./collect/json-lines.ts";
import { PerformanceAnalyzer } from "./performance-analyzer.ts";
import { type ReportFormat, renderReport } from "./report/render.ts";
import { isAtLeast, type RuleSeverity, severities } from "./severity.ts";
import { oneLine } from "./text.ts";
import type { PerformanceRule } from "./types.ts";
import { checkOneOf } from "./validate.ts";

const usage = `Usage: route-analyze [FILE] [options]

Reads samples as JSON lines from FILE, or from standard input without FILE or with "-", judges every
moment of them by rules, and prints a report as of the newest sample.

  {"timestampMs":1763712000000,"requestRate":120,"responseTimeMs":38,"errorRate":0.002}

Options
  --format text|json     form of the report (text)
  --fail-on SEVERITY     low, medium, high, critical or never: incidents, resolved ones too, from this
                         severity up make the exit code 1 (low)
  --rules FILE           a JSON array of rules instead of the default ones
  --help, --version

Exit codes: 0 fine, 1 incidents at or above --fail-on, 2 bad usage or input, or a report that cannot be written
`;

interface Command {
  readonly file: string;
  readonly format: ReportFormat;
  readonly failOn: RuleSeverity | "never";
  readonly rulesFile: string | undefined;
}

const readJson = (path: string | URL): unknown => JSON.parse(readFileSync(path, "utf8"));

const version = (): string =>
  (readJson(new URL("../package.json", import.meta.url)) as { readonly version: string }).version;

/** A command, or the text to print instead of running one. */
const parseCommand = (args: readonly string[]): Command | string => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: "string", default: "text" },
      "fail-on": { type: "string", default: "low" },
      rules: { type: "string" },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean" },
    },
  });
  if (values.help) return usage;
  if (values.version) return `${version()}\n`;
  if (positionals.length > 1) throw new RangeError(`one FILE at most, got ${positionals.length}`);
  return {
    file: positionals[0] ?? "-",
    format: checkOneOf("--format", values.format, ["text", "json"]),
    failOn: checkOneOf("--fail-on", values["fail-on"], [...severities, "never"]),
    rulesFile: values.rules,
  };
};

/** An error of the input, with the place where it was met before it. */
const at = (place: string, error: unknown): Error =>
  new Error(`${place}: ${error instanceof Error ? error.message : error}`, { cause: error });

const readRules = (path: string): readonly PerformanceRule[] => {
  try {
    return readJson(path) as readonly PerformanceRule[];
  } catch (error) {
    throw at(path, error);
  }
};

const run = async ({ file, format, failOn, rulesFile }: Command): Promise<number> => {
  let newestMs = Number.NEGATIVE_INFINITY;
  const analyzer = new PerformanceAnalyzer({
    clock: { now: () => newestMs },
    rules: rulesFile === undefined ? undefined : readRules(rulesFile),
  });
  let failed = false;
  analyzer.onIssue((issue) => {
    failed ||= failOn !== "never" && isAtLeast(failOn, issue);
  });
  const name = file === "-" ? "standard input" : file;
  const input = (file === "-" ? process.stdin : createReadStream(file)).setEncoding("utf8");
  let lineNumber = 0;
  for await (const line of linesOf(input)) {
    lineNumber++;
    const text = lineNumber === 1 ? line.replace(/^\uFEFF/, "") : line;
    if (text.trim() === "") continue;
    try {
      const sample = parseSample(text);
      analyzer.addMetrics(sample);
      newestMs = Math.max(newestMs, sample.timestampMs!);
    } catch (error) {
      throw at(`${name}: line ${lineNumber}`, error);
    }
    analyzer.analyze();
  }
  if (newestMs === Number.NEGATIVE_INFINITY) throw new Error(`${name}: no samples`);
  process.stdout.write(renderReport(analyzer.report(), format));
  return failed ? 1 : 0;
};

const complain = (error: unknown): void => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`route-analyze: ${oneLine(message)}\nTry route-analyze --help\n`);
};

const main = async (args: readonly string[]): Promise<number> => {
  try {
    const command = parseCommand(args);
    if (typeof command !== "string") return await run(command);
    process.stdout.write(command);
    return 0;
  } catch (error) {
    complain(error);
    return 2;
  }
};

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of a pipe may leave early, as `head` does.
  if (error.code === "EPIPE") return;
  // What could not be written must not look like a verdict.
  complain(error);
  process.exit(2);
});
process.exitCode = await main(process.argv.slice(2));
