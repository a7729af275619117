// A pod of the drain's bench, a process of its own. ARGV: Redis URL, service, pod id, number of uids.
import { PodAgent } from "../src/index.ts";
import { RedisStore } from "../src/redis.ts";

/** What a pod tells the bench. */
export interface PodReport {
  readonly kind: "started" | "claimed" | "drained" | "adopted";
  /** Uids claimed or given up so far; of a target, those that it got exactly once with their state. */
  readonly uids: number;
  readonly cpuMs: number;
}

const [url = "", service = "", id = "", count = ""] = process.argv.slice(2);
const total = Number(count);
const stateOf = (uid: string): string => `{"uid":"${uid}","count":7}`;
const states = new Map<string, string>();
const adopted = new Map<string, number>();

const report = (kind: PodReport["kind"], uids: number): void => {
  const { user, system } = process.cpuUsage();
  process.send!({ kind, uids, cpuMs: (user + system) / 1000 } satisfies PodReport);
};

const agent = new PodAgent({
  store: new RedisStore({ url, timeoutMs: 10_000, maxPending: 100_000 }),
  ...{ namespace: "bench", service, id: Number(id), address: `127.0.0.1:${Number(id) + 1}`, leaseMs: 60_000 },
  onAcquire: (uid, { state, reason }) => {
    states.set(uid, typeof state === "string" ? state : stateOf(uid));
    if (reason !== "move") return;
    adopted.set(uid, (adopted.get(uid) ?? 0) + 1);
    // Later: the uid counts as held after this returns.
    if (adopted.size === total) setTimeout(tellAdopted, 0);
  },
  onRelease: (uid) => {
    const state = states.get(uid);
    states.delete(uid);
    return state;
  },
});

const tellAdopted = (): void => {
  if ([...adopted.keys()].every((uid) => agent.holds(uid))) {
    const exact = [...adopted].filter(([uid, times]) => times === 1 && states.get(uid) === stateOf(uid));
    report("adopted", exact.length);
  } else setTimeout(tellAdopted, 2);
};

process.on("message", async (order: "claim" | "drain") => {
  if (order === "drain") {
    const { done } = await agent.drain();
    return report("drained", done);
  }
  const uids = Array.from({ length: total }, (_, index) => `user-${index}`);
  for (let start = 0; start < total; start += 500) {
    await Promise.all(uids.slice(start, start + 500).map((uid) => agent.claim(uid)));
  }
  report("claimed", agent.held().length);
});

await agent.start();
report("started", 0);
