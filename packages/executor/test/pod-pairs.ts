import { afterEach } from "vitest";
import { PodAgent, type PodAgentOptions, ServiceScope, type StatefulStore } from "../src/index.ts";
import { MemoryStore } from "../src/store/memory-store.ts";

/** The service of these tests. */
export const name = { namespace: "moves", service: "rooms" };
/** Agents that are stopped after the test. */
export const open: PodAgent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent.stop({ graceMs: 0 });
});

/** A pod whose state is a map from uid to text; it hands the text over. Stopped after the test. */
export const podOn = async (store: StatefulStore, id: number, options: Partial<PodAgentOptions> = {}) => {
  const states = new Map<string, unknown>();
  const told: unknown[] = [];
  const agent = new PodAgent({
    ...{ store, ...name, id, address: `127.0.0.1:${id}`, leaseMs: 600_000, quietMs: 600_000 },
    onAcquire: (uid, { reason, state }) => {
      told.push(["acquire", uid, reason, state]);
      states.set(uid, state ?? "");
    },
    onRelease: (uid, { reason }) => {
      told.push(["release", uid, reason]);
      const state = states.get(uid) as string;
      states.delete(uid);
      return state;
    },
    onLost: (uid, { reason }) => {
      told.push(["lost", uid, reason]);
      states.delete(uid);
    },
    ...options,
  });
  open.push(agent);
  await agent.start();
  return { agent, states, told };
};

/** Two of them on one store. */
export const twoPods = async (store: StatefulStore = new MemoryStore(), options: Partial<PodAgentOptions> = {}) => {
  const from = await podOn(store, 0, options);
  const to = await podOn(store, 1);
  return { store, from, to, scope: new ServiceScope(store, name) };
};
