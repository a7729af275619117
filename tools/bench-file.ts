// Runs one bench file for bench.ts, and sends its rows.
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import type { BenchRow } from "./bench.ts";

const file = process.argv[2]!;
const module = (await import(pathToFileURL(file).href)) as { bench?: () => Promise<BenchRow[]> | BenchRow[] };
if (typeof module.bench !== "function")
  throw new TypeError(`bench/${basename(file)} must export a function named "bench"`);
const rows = await module.bench();
// Not at once: the message must be out, and what a bench left open must not keep the process.
process.send!(rows, () => process.exit());
