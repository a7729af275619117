// A pod: counts the requests of each uid in its memory, behind the guard, hands its counters over, and writes down whom it
// served. argv: PodProcessOptions as JSON. Tells its parent the port it listens on, then does as it is told.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ExecutorError } from "../../src/errors.ts";
import type { Ownership } from "../../src/pod/held.ts";
import { PodAgent } from "../../src/pod/pod-agent.ts";
import { RedisStore, type RedisStoreOptions } from "../../src/redis.ts";
import { machineMs, mintedUid, openPodLog } from "./pod-log.ts";

/** What a pod process is told at its start. */
export interface PodProcessOptions {
  readonly namespace: string;
  readonly service: string;
  readonly id: number;
  readonly leaseMs: number;
  readonly store: RedisStoreOptions;
  readonly logPath: string;
}

/** What the parent says. `claim`: so many uids that the pod mints. `drain`: move everything to other pods. */
export type Order = { readonly address: string } | { readonly claim: number } | "drain" | "freeze" | "stop";
/** What the pod says: each order is answered when it is done, `frozen` just before; a drain tells how many have moved. */
export type Report =
  | { readonly port: number }
  | { readonly moved: number }
  | "started"
  | "claimed"
  | "drained"
  | "frozen"
  | "stopped";

const claimers = 64;

const { logPath, store: location, ...options } = JSON.parse(process.argv[2]!) as PodProcessOptions;
const write = openPodLog(logPath);
const report = (message: Report): void => void process.send!(message);
const counts = new Map<string, number>();
const server = createServer({ keepAliveTimeout: 60_000 }).listen(0, "127.0.0.1");
let agent: PodAgent;

/** When a request that arrived at `sinceMs` was begun, and the earliest time at which it may have been admitted. */
interface Beginning {
  readonly sinceMs: number;
  readonly startMs: number;
  readonly admittedMs: number;
}

/** A request that arrived at `sinceMs` begins now. */
const begin = (uid: string, sinceMs: number): Beginning => {
  const startMs = machineMs();
  // The machine may have stopped the process since the guard's check: only what is held afterwards was held now.
  return { sinceMs, startMs, admittedMs: agent.holds(uid) ? startMs : sinceMs };
};

/** Ends one request: counts it if the pod still owns the uid. Answers the count. */
const serve = ({ uid, fence, signal }: Ownership, { sinceMs, startMs, admittedMs }: Beginning): number | undefined => {
  // Read before the clocks are asked: what is stopped after that check no lease can help.
  const endMs = machineMs();
  // The request may have outlived the tenure, and after a pause of the process this may run before the signal of a lease
  // that ended long ago: timers run in the order of their due times. Half the lease's margin after it arrived a request
  // that was admitted is in time for certain; later the clocks are asked again.
  const isInTime = endMs - sinceMs < options.leaseMs / 20 || agent.holds(uid);
  const isOwner = isInTime && !signal.aborted;
  const count = (counts.get(uid) ?? 0) + (isOwner ? 1 : 0);
  if (isOwner) counts.set(uid, count);
  const service = { uid, fence, incarnation: agent.incarnation, endMs, count };
  write(isOwner ? { kind: "served", startMs, ...service } : { kind: "abandoned", startMs: admittedMs, ...service });
  return isOwner ? count : undefined;
};

const start = async (address: string): Promise<void> => {
  const end = (uid: string, { fence, reason }: { readonly fence: number; readonly reason: string }): void =>
    write({ kind: "ended", uid, fence, reason, atMs: machineMs() });
  agent = new PodAgent({
    ...options,
    // A request that the machine keeps waiting is not given up.
    quietMs: 60_000,
    address,
    store: new RedisStore(location),
    async onAcquire(uid, { fence, reason, state }) {
      await sleep(Math.random() * 2);
      counts.set(uid, Number(state ?? 0));
      write({ kind: "acquired", uid, fence, reason, atMs: machineMs() });
    },
    onRelease(uid, details) {
      end(uid, details);
      return `${counts.get(uid)}`;
    },
    onLost: end,
  });
  const arrivals = new WeakMap<object, number>();
  const guarded = agent.guard(async (req, res, ownership) => {
    const beginning = begin(ownership.uid, arrivals.get(req)!);
    await sleep(Math.random() * 4);
    const count = serve(ownership, beginning);
    res.writeHead(count === undefined ? 503 : 200).end(`${count}`);
  });
  server.on("request", (req, res) => {
    arrivals.set(req, machineMs());
    guarded(req, res);
  });
  await agent.start();
};

/** Again after what a busy machine makes fail: a timeout of the store, a lease that ended meanwhile. */
const claimOne = async (uid: string): Promise<void> => {
  for (;;) {
    const sinceMs = machineMs();
    try {
      const ownership = await agent.claim(uid);
      serve(ownership, begin(uid, sinceMs));
      return;
    } catch (error) {
      if (!(error instanceof ExecutorError && error.retryable)) throw error;
      await sleep(50);
    }
  }
};

const claim = async (count: number): Promise<void> => {
  let next = 0;
  const claimer = async (): Promise<void> => {
    while (next < count) await claimOne(mintedUid(options.id, next++));
  };
  await Promise.all(Array.from({ length: claimers }, claimer));
};

const obey = async (order: Order): Promise<void> => {
  if (order === "freeze") {
    // Between two turns of the event loop. What is stopped between its check and its effect, in the midst of one turn, no
    // lease can help: that is what fences in storage are for.
    process.send!("frozen" satisfies Report, () => setImmediate(() => process.kill(process.pid, "SIGSTOP")));
  } else if (order === "drain") {
    await agent.drain({ to: "move", onProgress: ({ done }) => done % 100 === 0 && report({ moved: done }) });
    report("drained");
  } else if (order === "stop") {
    await agent.stop();
    report("stopped");
  } else if ("claim" in order) {
    await claim(order.claim);
    report("claimed");
  } else {
    await start(order.address);
    report("started");
  }
};

process.on("message", (order: Order) => void obey(order));
process.on("disconnect", () => process.exit());
await once(server, "listening");
report({ port: (server.address() as AddressInfo).port });
