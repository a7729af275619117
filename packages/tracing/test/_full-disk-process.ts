// Writes three batches to argv[2] under a limit of the file's size, which is lifted before the third.
import { execFileSync } from "node:child_process";
import { FileExporter } from "@route/tracing/exporters";
import { finishedSpan } from "./_spans.ts";

await using exporter = new FileExporter(process.argv[2]!);
const send = (name: string, length: number): Promise<string> =>
  new Promise((resolve) =>
    exporter.export([finishedSpan({ name, attributes: { text: "x".repeat(length) } })], ({ error }) =>
      resolve(error === undefined ? "written" : `${error.message}: ${(error.cause as NodeJS.ErrnoException).code}`),
    ),
  );
console.log(await send("small", 1));
console.log(await send("large", 10_000));
execFileSync("prlimit", ["--pid", `${process.pid}`, "--fsize=unlimited"]);
console.log(await send("later", 1));
