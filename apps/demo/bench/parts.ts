// What each part of the full path takes by itself: in a loop, and as in a server, whose own work empties the caches between.
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MemoryStore, PodAgent } from "@route/executor";
import type { BenchRow } from "../../../tools/bench.ts";
import type { Served } from "../src/gateway/options.ts";
import { compose } from "../src/wiring.ts";

const rounds = 21;
const calls = 500;
const warmUpCalls = 50_000;
const users = 500;
/** More than the second-level cache of a core holds. */
const evictor = new Int32Array(2 ** 18);

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const evict = (): void => {
  for (let at = 0; at < evictor.length; at += 16) evictor[at]!++;
};

type Part = (call: number) => unknown;

/** The median time of one call in nanoseconds, the reading of the clock included; `before` is not counted. */
const timeNs = (part: Part, before: () => void): number => {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    before();
    const start = performance.now();
    part(call);
    times.push((performance.now() - start) * 1e6);
  }
  return median(times);
};

/** Medians over rounds in which the parts take turns, less those of nothing. */
const compareNs = async (parts: Readonly<Record<string, Part>>, before: () => void): Promise<Map<string, number>> => {
  const times = new Map(Object.keys(parts).map((name) => [name, [] as number[]]));
  const nothing: number[] = [];
  for (let round = 0; round < rounds; round++) {
    nothing.push(timeNs(() => undefined, before));
    for (const [name, part] of Object.entries(parts)) times.get(name)!.push(timeNs(part, before));
    await nextTurn();
  }
  return new Map([...times].map(([name, all]) => [name, median(all) - median(nothing)]));
};

const openParts = async () => {
  const store = new MemoryStore();
  const name = { namespace: "bench", service: "parts" };
  const agent = new PodAgent({ store, ...name, id: 0, address: "127.0.0.1:1", secret: "secret" });
  await agent.start();
  const traceFile = join(tmpdir(), `route-bench-${process.pid}.jsonl`);
  const composed = compose({ ...name, traceFile, traceRatio: 0 }, store);
  // What the header gives is a string that nobody has seen before.
  const names = Array.from({ length: users }, (_, index) => Buffer.from(`user-${index}`));
  for (const uid of names) await composed.router.resolve(uid.toString());
  const uids = names.map((uid) => uid.toString());
  const req = { method: "GET", headers: { host: "bench", accept: "*/*" } } as IncomingMessage;
  const served: Served = { req, uid: "u", status: 200, durationMs: 1.5, route: undefined, code: undefined };
  const { router, hooks } = composed;
  const route = router.peek("user-0")!;
  const parts: Record<string, Part> = {
    "routing: `peek` of a hinted uid": (call) => router.peek(uids[call % users]!),
    "metrics: both hooks": () => {
      hooks.onRoute?.(route, 0);
      hooks.onServed?.(served);
    },
    "traces: an unsampled trace, its headers and its end": () => hooks.startTrace?.(req)?.end(undefined),
    "a reading of the clock": () => performance.now(),
  };
  const close = async (): Promise<void> => {
    await composed.close();
    await agent.stop();
  };
  return { parts, close };
};

export const bench = async (): Promise<BenchRow[]> => {
  const { parts, close } = await openParts();
  for (const part of Object.values(parts)) for (let call = 0; call < warmUpCalls; call++) part(call);
  const warm = await compareNs(parts, () => {});
  const cold = await compareNs(parts, evict);
  await close();
  return [...warm].map(([name, ns]) => ({
    case: `full path, ${name}`,
    measured: `${(ns / 1000).toFixed(2)} us in a loop, ${(cold.get(name)! / 1000).toFixed(2)} us with cold caches`,
    ...{ target: "", met: undefined },
  }));
};
