// What the gateway costs: CPU time per request of the proxy's process, all contenders in turns in one run.
import { once } from "node:events";
import type { Socket } from "node:net";
import type { BenchRow } from "../../../tools/bench.ts";
import { echoLoad, getLoad, openWebSocket } from "./support/load.ts";
import { cpuMicros, type ProxyProcess, startBackend, startNginxProxy, startNode } from "./support/processes.ts";

const rounds = 7;
const roundMs = 1000;
/** Compiled code, not the compiler, is compared. */
const warmUpMs = 4000;
const idlePairs = 2000;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

type Load = (port: number, durationMs: number) => Promise<number>;

/** CPU microseconds per answer of each proxy, by name, one figure per round. */
const measure = async (proxies: readonly ProxyProcess[], load: Load): Promise<Map<string, number[]>> => {
  const costs = new Map(proxies.map(({ name }) => [name, [] as number[]]));
  for (const { port } of proxies) await load(port, warmUpMs);
  for (let round = 0; round < rounds; round++) {
    for (const { name, port, pid } of round % 2 ? proxies : proxies.toReversed()) {
      const before = cpuMicros(pid);
      const answers = await load(port, roundMs);
      costs.get(name)!.push((cpuMicros(pid) - before) / answers);
    }
  }
  return costs;
};

/** The median of the ratios of the rounds, and the two costs. */
const compare = (costs: Map<string, number[]>, ours: string, theirs: string, most: number, name: string): BenchRow => {
  const [a, b] = [costs.get(ours)!, costs.get(theirs)!];
  const ratio = median(a.map((cost, round) => cost / b[round]!));
  return {
    case: name,
    measured: `${ratio.toFixed(2)}x (${median(a).toFixed(1)} / ${median(b).toFixed(1)} us)`,
    target: `<= ${most.toFixed(2)}x`,
    met: ratio <= most,
  };
};

const residentBytes = async ({ child }: ProxyProcess): Promise<number> => {
  child.send("memory");
  const [{ rss }] = (await once(child, "message")) as [{ rss: number }];
  return rss;
};

const measureIdlePairs = async (gateway: ProxyProcess): Promise<BenchRow> => {
  const open = async (): Promise<() => void> => {
    const sockets: Socket[] = [];
    for (let at = 0; at < idlePairs; at += 50) {
      const some = Array.from({ length: 50 }, (_, index) => openWebSocket(gateway.port, at + index));
      sockets.push(...(await Promise.all(some)));
    }
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  };
  const before = await residentBytes(gateway);
  const close = await open();
  const kib = ((await residentBytes(gateway)) - before) / idlePairs / 1024;
  close();
  return {
    case: `WebSocket: memory per idle pair (RSS, ${idlePairs} pairs)`,
    measured: `${kib.toFixed(1)} KiB`,
    target: "<= 25 KiB",
    met: kib <= 25,
  };
};

export const bench = async (): Promise<BenchRow[]> => {
  using first = await startBackend();
  using second = await startBackend();
  const backends = [first, second].map(({ port }) => `127.0.0.1:${port}`);
  using nginx = await startNginxProxy(...backends);
  using bare = await startNode("bare", ...backends);
  using full = await startNode("full", ...backends);
  using peer = await startNode("http-proxy-3", ...backends);
  const http = await measure([nginx, bare, full, peer], (port, durationMs) => getLoad(port, 64, durationMs));

  using echo = await startNode("echo");
  const backend = `127.0.0.1:${echo.port}`;
  using nginxWs = await startNginxProxy(backend);
  using gatewayWs = await startNode("bare", backend);
  const idle = await measureIdlePairs(gatewayWs);
  const webSocket = await measure([nginxWs, gatewayWs], (port, durationMs) => echoLoad(port, 100, durationMs));
  return [
    compare(http, "bare", "nginx", 2.3, "* bare path against nginx"),
    compare(http, "bare", "http-proxy-3", 0.6, "* bare path against http-proxy-3"),
    compare(http, "full", "bare", 1.2, "* full path (hinted link, guard, metrics, 1 % traces) against bare"),
    compare(webSocket, "bare", "nginx", 1.6, "WebSocket echo against nginx"),
    idle,
  ];
};
