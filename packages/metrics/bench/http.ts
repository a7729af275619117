import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchRow } from "../../../tools/bench.ts";
import { median } from "./_contest.ts";
import type { Arm } from "./_http-arms.ts";
import type { Listening, ServerReport } from "./_http-server.ts";

const serversPerRow = 3;
const loadMs = 24_000;

const start = (file: string, ...args: readonly string[]): ChildProcess =>
  fork(new URL(file, import.meta.url), args, { execArgv: ["--conditions=route-source"] });

const message = async <Message>(child: ChildProcess): Promise<Message> => {
  const [received] = (await once(child, "message")) as [Message];
  return received;
};

/** A fresh server under load for a while: V8 compiles and lays out the same code differently in each process. */
const runServer = async (arms: readonly Arm[]): Promise<ServerReport> => {
  const server = start("./_http-server.ts", arms.join());
  const load = start("./_http-load.ts");
  try {
    load.send(await message<Listening>(server));
    await sleep(loadMs);
    server.send("report");
    return await message<ServerReport>(server);
  } finally {
    load.kill();
    server.kill();
  }
};

/** What each arm of a row costs over a bare server, in percent; `rounds` of how many times all arms. */
interface Overhead {
  readonly percent: Readonly<Record<Arm, number>>;
  readonly bareUs: number;
  readonly rounds: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The median of all rounds of a server, the mean of those of some servers. */
const measure = async (...arms: readonly Arm[]): Promise<Overhead> => {
  const reports: ServerReport[] = [];
  for (let i = 0; i < serversPerRow; i++) reports.push(await runServer(["bare", "control", ...arms]));
  const overhead = (cost: (round: ServerReport[number]) => number): number =>
    100 * (mean(reports.map((rounds) => median(rounds.map(cost)))) - 1);
  const bareUs = ({ bare, control }: ServerReport[number]): number => (bare + control) / 2;
  const percent = arms.map((arm) => [arm, overhead((round) => round[arm] / bareUs(round))]);
  percent.push(["control", overhead(({ bare, control }) => control / bare)]);
  return {
    percent: Object.fromEntries(percent),
    bareUs: mean(reports.map((rounds) => median(rounds.map(bareUs)))),
    rounds: reports.reduce((sum, rounds) => sum + rounds.length, 0),
  };
};

const signed = (percent: number): string => `${percent >= 0 ? "+" : ""}${percent.toFixed(1)} %`;

/** CPU time per request of a bare node:http server without metrics and with the seven records of a routed request. */
export const bench = async (): Promise<BenchRow[]> => {
  const records = await measure("clock", "plain", "ours");
  const listeners = await measure("atClose", "instrumented");
  const { ours, plain, clock, control } = records.percent;
  const reported = (name: string, arm: Arm): BenchRow => ({
    case: name,
    measured: `${signed(listeners.percent[arm])} (bare against itself ${signed(listeners.percent.control)})`,
    target: "",
    met: undefined,
  });
  return [
    {
      case: "* seven records of one routed request on a bare node:http server, CPU per request",
      measured: `${signed(ours)} (plain client ${signed(plain)}; of both, two readings of the clock ${signed(clock)}; bare ${records.bareUs.toFixed(1)} us, against itself ${signed(control)}; ${records.rounds} rounds in ${serversPerRow} servers)`,
      target: "<= +3 %",
      met: ours <= 3,
    },
    reported("the same seven, recorded by a listener of each response's close", "atClose"),
    reported("instrument(server)", "instrumented"),
  ];
};
