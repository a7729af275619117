// node _main.ts [--traces FOLDER] [--reference FILE] [--json FILE] [NAME]: the benches, with recorded traces where a folder
// of them is given (hit-ratio.ts says in which form).
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { traces: { type: "string" }, reference: { type: "string" }, json: { type: "string" } },
  allowPositionals: true,
});
if (values.traces !== undefined) process.env["CACHE_TRACES"] = values.traces;
if (values.reference !== undefined) process.env["CACHE_REFERENCE"] = values.reference;
process.argv = [
  ...process.argv.slice(0, 2),
  ...(values.json === undefined ? [] : ["--json", values.json]),
  ...positionals,
];
await import("../../../tools/bench.ts");
