// A pod: counts the requests of each uid in its memory, behind the guard, and writes down whom it served.
// argv: PodProcessOptions as JSON. Tells its parent the port it listens on, is told the address it is reached at, starts.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PodAgent } from "../../src/pod/pod-agent.ts";
import { RedisStore, type RedisStoreOptions } from "../../src/redis.ts";
import { machineMs, openPodLog } from "./pod-log.ts";

/** What a pod process is told at its start. */
export interface PodProcessOptions {
  readonly namespace: string;
  readonly service: string;
  readonly id: number;
  readonly leaseMs: number;
  readonly store: RedisStoreOptions;
  readonly logPath: string;
}

/** What the parent says. */
export type Order = { readonly address: string } | "freeze" | "stop";
/** What the pod says: each order is answered when it is done, `frozen` just before. */
export type Report = { readonly port: number } | "started" | "frozen" | "stopped";

const { logPath, store: location, ...options } = JSON.parse(process.argv[2]!) as PodProcessOptions;
const write = openPodLog(logPath);
const report = (message: Report): void => void process.send!(message);
const counts = new Map<string, number>();

const start = async (address: string): Promise<PodAgent> => {
  const agent = new PodAgent({
    ...options,
    address,
    store: new RedisStore(location),
    async onAcquire(uid, { fence, reason, state }) {
      await sleep(Math.random() * 2);
      counts.set(uid, Number(state ?? 0));
      write({ kind: "acquired", uid, fence, reason, atMs: machineMs() });
    },
    onRelease(uid, { fence, reason }) {
      const state = `${counts.get(uid)}`;
      counts.delete(uid);
      write({ kind: "ended", uid, fence, reason, atMs: machineMs() });
      return state;
    },
    onLost(uid, { fence, reason }) {
      counts.delete(uid);
      write({ kind: "ended", uid, fence, reason, atMs: machineMs() });
    },
  });
  const handler = agent.guard(async (_req, res, { uid, fence, signal }) => {
    const startMs = machineMs();
    const service = { uid, fence, incarnation: agent.incarnation, startMs };
    await sleep(Math.random() * 4);
    // The request may have outlived the tenure. The clocks are asked besides: after a pause of the process timers run in
    // the order of their due times, so that this may run before the signal of a lease that ended long ago.
    const isOwner = !signal.aborted && agent.holds(uid);
    const count = (counts.get(uid) ?? 0) + (isOwner ? 1 : 0);
    if (isOwner) counts.set(uid, count);
    write({ kind: isOwner ? "served" : "abandoned", ...service, endMs: machineMs(), count });
    res.writeHead(isOwner ? 200 : 503).end(`${count}`);
  });
  server.on("request", handler);
  await agent.start();
  return agent;
};

const server = createServer({ keepAliveTimeout: 60_000 }).listen(0, "127.0.0.1");
let agent: PodAgent | undefined;

process.on("message", async (order: Order) => {
  if (order === "freeze") {
    // Between two turns of the event loop. What is stopped between its check and its effect, in the midst of one turn, no
    // lease can help: that is what fences in storage are for.
    process.send!("frozen" satisfies Report, () => setImmediate(() => process.kill(process.pid, "SIGSTOP")));
  } else if (order === "stop") {
    await agent?.stop();
    report("stopped");
  } else {
    agent = await start(order.address);
    report("started");
  }
});
process.on("disconnect", () => process.exit());
await once(server, "listening");
report({ port: (server.address() as AddressInfo).port });
