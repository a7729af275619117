// Runs every bench/*.ts of the package in the current folder, one after the other, and prints one table.
//   pnpm bench                 the table
//   pnpm bench --json FILE     and the rows as JSON
//   pnpm bench NAME            only the files whose name contains NAME
// A bench file exports `bench`: () => Promise<BenchRow[]> | BenchRow[]. Each runs in a process of its own: what V8 has learnt
// and kept in memory from one would be measured in the next.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
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
  const child = fork(join(import.meta.dirname, "bench-file.ts"), [join(folder, file)]);
  let found: readonly BenchRow[] | undefined;
  child.once("message", (sent: readonly BenchRow[]) => {
    found = sent;
  });
  // The exit may be told before what the process said last has been read; the end of the channel is not.
  const [[code]] = await Promise.all([once(child, "exit"), once(child, "disconnect")]);
  if (found === undefined) throw new Error(`bench/${file} ended with ${code ?? "a signal"} and without rows`);
  rows.push(...found);
}

const met = (row: BenchRow): string => (row.met === undefined ? "-" : row.met ? "yes" : "NO");
console.log("| case | measured | target | met |\n|---|---|---|---|");
for (const row of rows) console.log(`| ${row.case} | ${row.measured} | ${row.target || "-"} | ${met(row)} |`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
