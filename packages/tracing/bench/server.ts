import { type ChildProcess, fork } from "node:child_process";
import { createServer, get } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { BenchRow } from "../../../tools/bench.ts";
import { median, ratio } from "./_harness.ts";

const connections = 16;
/** CPU time moves in ticks of 4 ms: a round takes half a second of it, so that a tick is less than one percent. */
const requestsPerRound = 12_000;
const rounds = 2;
/** Two processes that run the same differ by several percent for as long as they live, so new ones are made. */
const repetitions = 5;

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

const arms = ["bare", "official", "again", "ours"] as const;
type Costs = Record<(typeof arms)[number], number>;

/** CPU per request with one set of processes. The official pipeline is there twice: what tells those two apart is noise. */
const measureOnce = async (url: string): Promise<Costs> => {
  const servers = await Promise.all(arms.map((arm) => startServer(arm === "again" ? "official" : arm, url)));
  const totals = arms.map(() => 0);
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < arms.length; turn++) {
      const index = (turn + Math.abs(round)) % arms.length;
      const us = await costUs(servers[index]!.port);
      if (round >= 0) totals[index]! += us;
    }
  }
  for (const { child } of servers) child.removeAllListeners("exit").disconnect();
  return Object.fromEntries(arms.map((arm, index) => [arm, totals[index]! / rounds])) as Costs;
};

const range = (values: readonly number[]): string => `${ratio(Math.min(...values))} to ${ratio(Math.max(...values))}`;

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
  const sets: Costs[] = [];
  while (sets.length < repetitions) sets.push(await measureOnce(url));
  receiver.closeAllConnections();
  receiver.close();
  const shares = sets.map(({ official, again, ours }) => (2 * ours) / (official + again));
  const noise = sets.map(({ official, again }) => again / official);
  const share = median(shares);
  const [bare, official, ours] = (["bare", "official", "ours"] as const).map((arm) =>
    median(sets.map((set) => set[arm])),
  ) as [number, number, number];
  const detail = `${bare.toFixed(1)} / ${official.toFixed(1)} / ${ours.toFixed(1)} us; ${range(shares)} over ${repetitions} sets of processes, the official one against itself ${range(noise)}`;
  return [
    {
      case: "bare node:http server, CPU per request, all sampled and exported, equal compression (gzip 6)",
      measured: `${ratio(share)} of the official pipeline (bare, official, ours ${detail}${received > 0 ? "" : ", NOTHING RECEIVED"})`,
      target: "<= 0.92x of the official pipeline",
      met: received > 0 && share <= 0.92,
    },
  ];
};
