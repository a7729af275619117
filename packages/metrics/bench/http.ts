import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { BenchRow } from "../../../tools/bench.ts";
import { median } from "./_contest.ts";
import type { Arm, LoadReport, ServerReport } from "./_http-arms.ts";

const requests = 1_900_000;

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
    await ask<LoadReport>(client, { port, requests });
    const { cpuUsPerRequest: groups } = await ask<ServerReport>(server, "report");
    const over = (arm: Arm): number => 100 * (median(groups.map((group) => group[arm] / group.bare)) - 1);
    const percent = (value: number): string => `${value >= 0 ? "+" : ""}${value.toFixed(1)} %`;
    const bareUs = median(groups.map(({ bare }) => bare)).toFixed(1);
    return [
      {
        case: "* seven records of one routed request on a bare node:http server, CPU per request",
        measured: `${percent(over("ours"))} (plain client ${percent(over("plain"))}, its two readings of the clock alone ${percent(over("clock"))}; bare ${bareUs} us; ${groups.length} groups)`,
        target: "<= +3 %",
        met: over("ours") <= 3,
      },
      {
        case: "the same seven, recorded by a listener of each response's close",
        measured: percent(over("atClose")),
        target: "",
        met: undefined,
      },
      { case: "instrument(server)", measured: percent(over("instrumented")), target: "", met: undefined },
    ];
  } finally {
    server.kill();
    client.kill();
  }
};
