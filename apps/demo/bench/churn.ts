// What the gateway keeps of what has gone: a million requests while ten thousand connections come and go.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchRow } from "../../../tools/bench.ts";
import { getRequests } from "./support/load.ts";
import { type ProxyProcess, startBackend, startNode } from "./support/processes.ts";

const requests = 1_000_000;
const connections = 10_000;
const fifths = 5;
/** Connections open at a time. */
const atOnce = 50;
/** Samples of each fifth; their median stands for it. */
const samples = 5;
/** After so long without a request the gateway has closed what it kept open to pods. */
const quietMs = 6000;

interface Usage {
  readonly rss: number;
  readonly heapUsed: number;
  readonly descriptors: number;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** After a full collection. */
const usageOf = async ({ child }: ProxyProcess): Promise<Usage> => {
  child.send("memory");
  return (await once(child, "message"))[0] as Usage;
};

/** Opens `count` connections, `atOnce` at a time, and sends `each` requests on every one. */
const churn = async (port: number, count: number, each: number): Promise<void> => {
  const lane = async (first: number): Promise<void> => {
    for (let at = first; at < count; at += atOnce) await getRequests(port, at * each, each);
  };
  await Promise.all(Array.from({ length: atOnce }, (_, first) => lane(first)));
};

const ratioRow = (name: string, last: number, second: number): BenchRow => ({
  case: `* 1 M requests, 10,000 connections opened and closed: ${name} of the last fifth against the second`,
  measured: `${(last / second).toFixed(3)}x (${(last / 2 ** 20).toFixed(1)} / ${(second / 2 ** 20).toFixed(1)} MiB)`,
  target: "<= 1.05x",
  met: last / second <= 1.05,
});

export const bench = async (): Promise<BenchRow[]> => {
  using backend = await startBackend();
  using gateway = await startNode("full", `127.0.0.1:${backend.port}`, `127.0.0.1:${backend.port}`);
  const usage: Usage[][] = [];
  const descriptors: number[] = [];
  for (let fifth = 0; fifth < fifths; fifth++) {
    const readings: Usage[] = [];
    for (let sample = 0; sample < samples; sample++) {
      await churn(gateway.port, connections / fifths / samples, requests / connections);
      readings.push(await usageOf(gateway));
    }
    usage.push(readings);
    await sleep(quietMs);
    descriptors.push((await usageOf(gateway)).descriptors);
  }
  const of = (fifth: number, name: "rss" | "heapUsed"): number => median(usage[fifth]!.map((reading) => reading[name]));
  const [second, last] = [descriptors[1]!, descriptors[4]!];
  return [
    ratioRow("RSS", of(4, "rss"), of(1, "rss")),
    ratioRow("heap", of(4, "heapUsed"), of(1, "heapUsed")),
    {
      case: "* the same: file descriptors",
      measured: `${last} / ${second}`,
      target: "equal",
      met: last === second,
    },
  ];
};
