// What the gateway costs: CPU time per request of the proxy's process, all contenders in short turns in one run.
import { once } from "node:events";
import type { Socket } from "node:net";
import type { BenchRow } from "../../../tools/bench.ts";
import { type ClosedLoop, openEchoes, openGets, openWebSocket } from "./support/load.ts";
import { cpuMicros, type ProxyProcess, startBackend, startNginxProxy, startNode } from "./support/processes.ts";

const rounds = 41;
/** Answers per client in a turn: a turn takes about 50 ms, so that what else the machine does meets all contenders alike. */
const turnAnswers = 16;
/** Echoes are half as dear; all turns together are to be two seconds and more of each process. */
const turnEchoes = 32;
/** And as many before, not counted: what was read while it rested, hints too old to be followed, is up to date again. */
const resumeAnswers = 8;
/** Compiled code, not the compiler, is compared: V8 compiles a function for good after some 40,000 calls. */
const warmUpAnswers = 1600;
const idlePairs = 2000;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** CPU microseconds per answer of each proxy, by name, one figure per round. */
const measure = async (
  proxies: readonly ProxyProcess[],
  open: (port: number) => Promise<ClosedLoop>,
  each = turnAnswers,
): Promise<Map<string, number[]>> => {
  using stack = new DisposableStack();
  const lanes: { readonly proxy: ProxyProcess; readonly clients: ClosedLoop; readonly costs: number[] }[] = [];
  for (const proxy of proxies) lanes.push({ proxy, clients: stack.use(await open(proxy.port)), costs: [] });
  for (const { clients } of lanes) await clients.run(warmUpAnswers);
  for (let round = 0; round < rounds; round++) {
    // Each comes first as often as the others, and after each other in both orders.
    const first = round % lanes.length;
    const turns = [...lanes.slice(first), ...lanes.slice(0, first)];
    for (const { proxy, clients, costs } of round % 2 ? turns : turns.reverse()) {
      await clients.run(resumeAnswers);
      const before = cpuMicros(proxy.pid);
      const answers = await clients.run(each);
      costs.push((cpuMicros(proxy.pid) - before) / answers);
    }
  }
  return new Map(lanes.map(({ proxy, costs }) => [proxy.name, costs]));
};

type Costs = Map<string, number[]>;
/** The names of one or two processes that are the same. */
type Kind = readonly [name: string, again?: string];

/** The costs of a kind: of two processes the mean, for one may be luckier than the other in where its memory lies. */
const costsOf = (costs: Costs, [name, again]: Kind): number[] => {
  const one = costs.get(name)!;
  const other = again === undefined ? one : costs.get(again)!;
  return one.map((cost, round) => (cost + other[round]!) / 2);
};

/** The median of the ratios of the rounds, and the two costs. */
const compare = (costs: Costs, ours: Kind, theirs: Kind): { readonly ratio: number; readonly measured: string } => {
  const [a, b] = [costsOf(costs, ours), costsOf(costs, theirs)];
  const ratio = median(a.map((cost, round) => cost / b[round]!));
  return { ratio, measured: `${ratio.toFixed(2)}x (${median(a).toFixed(1)} / ${median(b).toFixed(1)} us)` };
};

const targetRow = (costs: Costs, ours: Kind, theirs: Kind, most: number, name: string): BenchRow => {
  const { ratio, measured } = compare(costs, ours, theirs);
  return { case: name, measured, target: `<= ${most.toFixed(2)}x`, met: ratio <= most };
};

/** What a part of the full path costs; a row without a target. */
const partRow = (costs: Costs, ours: Kind, name: string): BenchRow => ({
  ...{ case: name, measured: compare(costs, ours, ["bare"]).measured, target: "", met: undefined },
});

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
  using nginx = await startNginxProxy(backends);
  const started = ["bare", "again", "routing", "metrics", "traces", "full", "http-proxy-3"].map((name) =>
    startNode(name, ...backends),
  );
  using stack = new DisposableStack();
  const nodes = (await Promise.all(started)).map((node) => stack.use(node));
  const http = await measure([nginx, ...nodes], (port) => openGets(port, 64));

  using echo = await startNode("echo");
  const backend = `127.0.0.1:${echo.port}`;
  using nginxWs = await startNginxProxy([backend]);
  using nginxWsAgain = await startNginxProxy([backend], "nginx again");
  using gatewayWs = await startNode("bare", backend);
  using gatewayWsAgain = await startNode("again", backend);
  const idle = await measureIdlePairs(gatewayWs);
  const sockets = [nginxWs, nginxWsAgain, gatewayWs, gatewayWsAgain];
  const webSocket = await measure(sockets, (port) => openEchoes(port, 100), turnEchoes);
  return [
    targetRow(http, ["bare"], ["nginx"], 2.3, "* bare path against nginx"),
    targetRow(http, ["bare"], ["http-proxy-3"], 0.6, "* bare path against http-proxy-3"),
    targetRow(http, ["full"], ["bare"], 1.2, "* full path (hinted link, guard, metrics, 1 % traces) against bare"),
    partRow(http, ["again"], "of it: nothing (a second process of the bare path: the noise)"),
    partRow(http, ["routing"], "of it: hinted link and guard"),
    partRow(http, ["metrics"], "of it: hinted link, guard, metrics"),
    partRow(http, ["traces"], "of it: hinted link, guard, 1 % traces"),
    targetRow(webSocket, ["bare", "again"], ["nginx", "nginx again"], 1.6, "WebSocket echo against nginx"),
    partRow(webSocket, ["again"], "of it: nothing (the gateway's second process against its first: the noise)"),
    idle,
  ];
};
