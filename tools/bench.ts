// Runs every bench/*.ts of the package in the current folder, one after the other, and prints one table.
//   pnpm bench                 the table
//   pnpm bench --json FILE     and the rows as JSON
//   pnpm bench NAME            only the files whose name contains NAME
// A bench file exports `bench`: () => Promise<BenchRow[]> | BenchRow[].
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

export interface BenchRow {
  /** What was measured, in the words of the target. */
  readonly case: string;
  /** The figure with its unit, e.g. `1.43x` or `38 ns`. */
  readonly measured: string;
  /** What it is held against; empty for a figure that is only reported. */
  readonly target: string;
  /** Whether it holds; `undefined` where there is no target. */
  readonly met: boolean | undefined;
}

const { values, positionals } = parseArgs({ options: { json: { type: "string" } }, allowPositionals: true });
const folder = resolve("bench");
const files = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && !file.startsWith("_"))
  .filter((file) => positionals.every((name) => file.includes(name)))
  .sort();

const rows: BenchRow[] = [];
for (const file of files) {
  const module = (await import(pathToFileURL(join(folder, file)).href)) as {
    bench?: () => Promise<BenchRow[]> | BenchRow[];
  };
  if (typeof module.bench !== "function")
    throw new TypeError(`bench/${basename(file)} must export a function named "bench"`);
  rows.push(...(await module.bench()));
}

const met = (row: BenchRow): string => (row.met === undefined ? "-" : row.met ? "yes" : "NO");
console.log("| case | measured | target | met |\n|---|---|---|---|");
for (const row of rows) console.log(`| ${row.case} | ${row.measured} | ${row.target || "-"} | ${met(row)} |`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
