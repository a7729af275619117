import { type ChildProcess, fork } from "node:child_process";
import { createServer, get } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { BenchRow } from "../../../tools/bench.ts";
import { median, ratio } from "./_harness.ts";

const connections = 16;
/** CPU time moves in ticks of 4 ms: a round takes half a second of it, so that a tick is less than one percent. */
const requestsPerRound = 12_000;
const rounds = 11;

const startServer = (mode: string, url: string): Promise<{ child: ChildProcess; port: number }> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "_server.ts"), [mode, url], {
      execArgv: ["--conditions=route-source"],
    });
    child.once("message", (port) => resolve({ child, port: port as number }));
    child.once("exit", (code) => reject(new Error(`the ${mode} server ended with ${code}`)));
  });

const cpuUs = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    get({ port, path: "/cpu", host: "127.0.0.1" }, (response) => {
      response.once("data", (chunk: Buffer) => resolve(Number(chunk.toString())));
    }).once("error", reject);
  });

/** Sends `count` requests over one connection, each after the answer to the last: a client that costs the machine little. */
const drive = (port: number, count: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = "GET /rooms/7 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    let left = count;
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.setNoDelay();
    socket.on("data", () => {
      if (--left > 0) socket.write(request);
      else socket.end();
    });
    socket.once("close", () => resolve());
    socket.once("error", reject);
  });

/** CPU microseconds per request of the server process, compression threads included. */
const costUs = async (port: number): Promise<number> => {
  const before = await cpuUs(port);
  await Promise.all(Array.from({ length: connections }, () => drive(port, requestsPerRound / connections)));
  return ((await cpuUs(port)) - before) / requestsPerRound;
};

export const bench = async (): Promise<BenchRow[]> => {
  let received = 0;
  const receiver = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    request.once("end", () => response.end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/traces`;
  // Two processes each: what tells two alike apart is the noise of this bench, and the mean of both has less of it.
  const modes = ["bare", "official", "ours", "official", "ours"] as const;
  const servers = await Promise.all(modes.map((mode) => startServer(mode, url)));
  const times = modes.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < modes.length; turn++) {
      const index = (turn + Math.abs(round)) % modes.length;
      const us = await costUs(servers[index]!.port);
      if (round >= 0) times[index]!.push(us);
    }
  }
  for (const { child } of servers) child.removeAllListeners("exit").disconnect();
  receiver.closeAllConnections();
  receiver.close();
  const mean = (first: readonly number[], second: readonly number[]): number[] =>
    first.map((us, round) => (us + second[round]!) / 2);
  const byRound = (ours: readonly number[], official: readonly number[]): number =>
    // By round: what disturbs the machine for some seconds disturbs all contenders of a round.
    median(ours.map((us, round) => us / official[round]!));
  const [bareUs, firstOfficial, firstOurs, secondOfficial, secondOurs] = times as [
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  const officialUs = mean(firstOfficial, secondOfficial);
  const oursUs = mean(firstOurs, secondOurs);
  const share = byRound(oursUs, officialUs);
  const noise = `${ratio(byRound(secondOfficial, firstOfficial))} and ${ratio(byRound(secondOurs, firstOurs))}`;
  const [bare, official, ours] = [median(bareUs), median(officialUs), median(oursUs)];
  const both = `${ratio(official / bare)} and ${ratio(ours / bare)} of bare, ${bare.toFixed(1)} / ${official.toFixed(1)} / ${ours.toFixed(1)} us; two alike against each other ${noise}`;
  return [
    {
      case: "bare node:http server, CPU per request, all sampled and exported, equal compression (gzip 6)",
      measured: `${ratio(share)} of the official pipeline (${both}${received > 0 ? "" : ", NOTHING RECEIVED"})`,
      target: "<= 0.92x of the official pipeline",
      met: received > 0 && share <= 0.92,
    },
  ];
};
