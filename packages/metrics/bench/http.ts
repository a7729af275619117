import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { BenchRow } from "../../../tools/bench.ts";
import { median } from "./_contest.ts";
import type { Arm, LoadReport, ServerReport } from "./_http-arms.ts";

const rounds = 13;
const requestsPerRound = 12_000;

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
      for (const arm of round % 2 === 0 ? arms : arms.toReversed()) {
        await ask<ServerReport>(server, arm);
        await ask<LoadReport>(client, { port, requests: requestsPerRound });
        const { cpuUs, requests } = await ask<ServerReport>(server, "report");
        if (round >= 0) cpu[arm].push(cpuUs / requests);
      }
    // Each round against the bare server of the same round: what drifts, drifts for both.
    const over = (arm: Arm): number => 100 * median(cpu[arm].map((us, round) => us / cpu.bare[round]! - 1));
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
