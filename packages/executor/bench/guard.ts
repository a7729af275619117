// What the guard costs a request for a uid that the pod holds. The requests and responses are node's own, each used once,
// without a socket; what node itself takes for the two calls that the guard makes on a response is measured beside it.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { BenchRow } from "../../../tools/bench.ts";
import { MemoryStore, PodAgent, wire } from "../src/index.ts";

const uidCount = 1000;
const batch = 2000;
const rounds = 31;
const warmup = 10;
const service = { namespace: "bench", service: "guard" };
const secret = "0123456789abcdef0123456789abcdef";

interface Pair {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

type Serve = (req: IncomingMessage, res: ServerResponse) => void;

/** A response that does nothing, so that only the guard's own work is left. */
class SilentResponse {
  on(): this {
    return this;
  }
  setHeader(): this {
    return this;
  }
}

let served = 0;
const userCode: Serve = () => {
  served++;
};
const ignore = (): void => undefined;
// Exactly what the guard asks of node.
const nodesPart: Serve = (_req, res) => {
  res.on("close", ignore);
  res.setHeader(wire.loadHeader, 1000);
  served++;
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options: { type: "minor" }) => void;

const openPod = async (options: { readonly secret?: string }): Promise<{ agent: PodAgent; headers: object[] }> => {
  const agent = new PodAgent({ ...service, store: new MemoryStore(), id: 0, address: "127.0.0.1:1", ...options });
  await agent.start();
  const headers: object[] = [];
  for (let index = 0; index < uidCount; index++) {
    const { uid, fence } = await agent.claim(`user-${index}`);
    const others = { host: "127.0.0.1:8080", accept: "*/*", "user-agent": "bench", connection: "keep-alive" };
    headers.push({ ...others, ...wire.routeHeaders(uid, fence, options.secret) });
  }
  return { agent, headers };
};

const socket = new Socket();
const pairOf = (headers: object, isSilent: boolean): Pair => {
  const req = new IncomingMessage(socket);
  req.headers = { ...headers };
  return { req, res: isSilent ? (new SilentResponse() as unknown as ServerResponse) : new ServerResponse(req) };
};

interface Contender {
  readonly serve: Serve;
  readonly headers: readonly object[];
  readonly isSilent: boolean;
}

interface Cost {
  readonly nanos: number;
  readonly bytes: number;
}

const measureOnce = ({ serve, headers, isSilent }: Contender): Cost => {
  const pairs = Array.from({ length: batch }, (_, index) => pairOf(headers[index % uidCount]!, isSilent));
  // The young generation alone: what is allocated from here on is counted before it can be collected.
  collect({ type: "minor" });
  const heapBefore = process.memoryUsage().heapUsed;
  const start = process.hrtime.bigint();
  for (const { req, res } of pairs) serve(req, res);
  const nanos = Number(process.hrtime.bigint() - start) / batch;
  const bytes = (process.memoryUsage().heapUsed - heapBefore) / batch;
  for (const { res } of pairs) if (!isSilent) res.emit("close");
  return { nanos, bytes };
};

const measure = <Name extends string>(contenders: Readonly<Record<Name, Contender>>): Record<Name, Cost> => {
  const names = Object.keys(contenders) as Name[];
  const costs = Object.fromEntries(names.map((name) => [name, [] as Cost[]])) as Record<Name, Cost[]>;
  for (let round = -warmup; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const cost = measureOnce(contenders[name]);
      if (round >= 0) costs[name].push(cost);
    }
  }
  const medians = names.map((name) => {
    const nanos = median(costs[name].map((cost) => cost.nanos));
    return [name, { nanos, bytes: median(costs[name].map((cost) => cost.bytes)) }];
  });
  return Object.fromEntries(medians) as Record<Name, Cost>;
};

/** The cost of the guard on the hot path. */
export const bench = async (): Promise<BenchRow[]> => {
  const open = await openPod({});
  const locked = await openPod({ secret });
  const plain = { headers: open.headers, isSilent: false };
  const silent = { headers: open.headers, isSilent: true };
  const costs = measure({
    unguarded: { ...plain, serve: userCode },
    node: { ...plain, serve: nodesPart },
    guarded: { ...plain, serve: open.agent.guard(userCode) },
    guardedWithSecret: { ...plain, headers: locked.headers, serve: locked.agent.guard(userCode) },
    silentUnguarded: { ...silent, serve: userCode },
    silent: { ...silent, serve: open.agent.guard(userCode) },
    silentWithSecret: { ...silent, headers: locked.headers, serve: locked.agent.guard(userCode) },
  });
  const expected = 7 * batch * (rounds + warmup);
  if (served !== expected) throw new Error(`${expected} requests must be served, got ${served}`);
  await open.agent.stop({ graceMs: 0 });
  await locked.agent.stop({ graceMs: 0 });

  const timed = (name: string, of: Cost, against: Cost): BenchRow => {
    const nanos = of.nanos - against.nanos;
    return { case: name, measured: `${Math.round(nanos)} ns`, target: "<= 1000 ns", met: nanos <= 1000 };
  };
  const sized = (name: string, of: Cost, against: Cost): BenchRow => {
    const bytes = Math.round(of.bytes - against.bytes);
    return { case: name, measured: `${bytes} bytes`, target: "0 bytes", met: bytes < 1 };
  };
  const nodes = `${Math.round(costs.node.nanos - costs.unguarded.nanos)} ns, ${Math.round(costs.node.bytes - costs.unguarded.bytes)} bytes`;
  return [
    timed("Guard on the hot path, per request, with node's share", costs.guarded, costs.unguarded),
    timed("the same with a secret of 32 characters", costs.guardedWithSecret, costs.unguarded),
    { case: "node's share: res.on and res.setHeader", measured: nodes, target: "", met: undefined },
    timed("the guard's own share, on a response that does nothing", costs.silent, costs.silentUnguarded),
    timed("the same with a secret of 32 characters", costs.silentWithSecret, costs.silentUnguarded),
    sized(
      "allocated by the guard, per request (the number in which V8 returns Date.now())",
      costs.silent,
      costs.silentUnguarded,
    ),
    sized("the same with a secret", costs.silentWithSecret, costs.silentUnguarded),
    sized("allocated by the guard beyond node's share, on node's own responses", costs.guarded, costs.node),
  ];
};
