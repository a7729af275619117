import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { BenchRow } from "../../../tools/bench.ts";
import { median } from "./_contest.ts";
import type { Arm, LoadReport, ServerReport } from "./_http-arms.ts";

// A round is 0.2 s of CPU time: the kernel here counts it in steps of 4 ms.
const rounds = 24;
const requestsPerRound = 9_000;

const start = (file: string): ChildProcess =>
  fork(new URL(file, import.meta.url), { execArgv: ["--conditions=route-source"] });

const ask = async <Report>(child: ChildProcess, message: unknown): Promise<Report> => {
  child.send(message as object);
  const [report] = (await once(child, "message")) as [Report];
  return report;
};

/** CPU time per request of a bare node:http server without metrics and with the seven records of a routed request. */
export const bench = async (): Promise<BenchRow[]> => {
  const server = start("./_http-server.ts");
  const client = start("./_http-load.ts");
  try {
    const [{ port }] = (await once(server, "message")) as [{ port: number }];
    const arms: readonly Arm[] = ["bare", "plain", "ours", "instrumented"];
    const cpu: Record<Arm, number[]> = { bare: [], plain: [], ours: [], instrumented: [] };
    for (let round = -2; round < rounds; round++)
      for (let turn = 0; turn < arms.length; turn++) {
        const arm = arms[(round + 2 + turn) % arms.length]!;
        await ask<ServerReport>(server, arm);
        await ask<LoadReport>(client, { port, requests: requestsPerRound });
        const { cpuUs, requests } = await ask<ServerReport>(server, "report");
        if (round >= 0) cpu[arm].push(cpuUs / requests);
      }
    const over = (arm: Arm): number => 100 * (median(cpu[arm]) / median(cpu.bare) - 1);
    const percent = (value: number): string => `${value >= 0 ? "+" : ""}${value.toFixed(1)} %`;
    const detail = `bare ${median(cpu.bare).toFixed(1)} us, ${availableParallelism()} cores`;
    return [
      {
        case: "* seven records of one routed request on a bare node:http server, CPU per request",
        measured: `${percent(over("ours"))} (plain client ${percent(over("plain"))}; ${detail})`,
        target: "<= +3 %",
        met: over("ours") <= 3,
      },
      {
        case: "the same through instrument(server)",
        measured: percent(over("instrumented")),
        target: "",
        met: undefined,
      },
    ];
  } finally {
    server.kill();
    client.kill();
  }
};
