import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { PodAgent, type PodAgentOptions } from "../src/index.ts";
import { ServiceScope } from "../src/scope/service-scope.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import type { StatefulStore } from "../src/store/store.ts";
import type { Link, LinkLifetime } from "../src/types.ts";
import { faultyStore } from "./faulty-store.ts";
import { until } from "./waiting.ts";

const name = { namespace: "test", service: "rooms" };
const open: PodAgent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent.stop({ graceMs: 0 }).catch(() => undefined);
});

interface Told {
  readonly event: string;
  readonly uid: string;
  readonly reason?: string;
  readonly fence: number;
}

/** An agent that writes down what its user is told. */
const agentOn = (store: StatefulStore, options: Partial<PodAgentOptions> = {}) => {
  const told: Told[] = [];
  const note =
    (event: string) =>
    (uid: string, { fence, reason = "" }: { fence: number; reason?: string }) =>
      void told.push({ event, uid, fence, reason });
  const agent = new PodAgent({
    ...{ store, ...name, id: 0, address: "127.0.0.1:1", leaseMs: 60_000 },
    ...{ onAcquire: note("acquire"), onLost: note("lost"), onIdle: note("idle") },
    ...options,
  });
  open.push(agent);
  return { agent, told };
};

const linkTo = async (
  store: StatefulStore,
  agent: PodAgent,
  uid: string,
  lifetimeSeconds: LinkLifetime = "persistent",
): Promise<Link> => {
  const owner = { pod: agent.id!, incarnation: agent.incarnation! };
  return (await new ServiceScope(store, name).setLinkedPodIfAbsent(uid, owner, lifetimeSeconds)).link;
};

describe("PodAgent", () => {
  it("serves a uid after its link names this incarnation with this fence, and asks the store only once", async () => {
    const { store, calls } = faultyStore(new MemoryStore());
    const { agent, told } = agentOn(store);
    await agent.start();
    const link = await linkTo(store, agent, "a");
    expect(agent.admit("a", link.fence)).toBeUndefined();
    const [first, second] = await Promise.all([agent.adopt("a", link.fence), agent.adopt("a", link.fence)]);
    expect(first!.held).toBe(second!.held);
    expect(agent.admit("a", link.fence)).toBe(first!.held);
    expect(calls.filter((call) => call === "takeUpLink")).toHaveLength(1);
    expect(told).toEqual([{ event: "acquire", uid: "a", fence: link.fence, reason: "new" }]);
    expect(agent.holds("a")).toBe(true);
    expect(agent.held()).toEqual(["a"]);
    expect(agent.load).toBe(1);
  });

  it("refuses an unknown uid, an older fence and a greater one, naming the owner", async () => {
    const store = new MemoryStore();
    const { agent } = agentOn(store);
    await agent.start();
    const link = await linkTo(store, agent, "a");
    expect(await agent.adopt("b", 5)).toEqual({ refused: "not-owner", owner: undefined });
    expect(await agent.adopt("a", link.fence + 1)).toEqual({ refused: "not-owner", owner: link });
    await agent.adopt("a", link.fence);
    expect(await agent.adopt("a", link.fence - 1)).toEqual({ refused: "not-owner" });
    expect(agent.admit("a", link.fence)).toBeDefined();
  });

  it("remembers a refusal, so that a stale gateway costs one read", async () => {
    const { store, calls } = faultyStore(new MemoryStore());
    const { agent } = agentOn(store);
    await agent.start();
    for (let round = 0; round < 5; round++) expect(await agent.adopt("a", 7)).toMatchObject({ refused: "not-owner" });
    expect(calls.filter((call) => call === "takeUpLink")).toHaveLength(1);
  });

  it("serves nothing before onAcquire has finished, and refuses when it throws", async () => {
    const store = new MemoryStore();
    let finish: (value?: unknown) => void = () => {};
    let fail = false;
    const onAcquire = (): Promise<unknown> =>
      fail ? Promise.reject(new Error("no state")) : new Promise((resolve) => (finish = resolve));
    const { agent } = agentOn(store, { onAcquire });
    await agent.start();
    const link = await linkTo(store, agent, "a");
    const admission = agent.adopt("a", link.fence);
    await sleep(5);
    expect(agent.admit("a", link.fence)).toBeUndefined();
    finish();
    expect((await admission).held).toBeDefined();

    fail = true;
    const other = await linkTo(store, agent, "b");
    expect(await agent.adopt("b", other.fence)).toEqual({ refused: "failed" });
    expect(agent.held()).toEqual(["a"]);
  });

  it("stops serving when its lease ends without the store, tells onLost, and serves again when the store is back", async () => {
    const faulty = faultyStore(new MemoryStore());
    const { agent, told } = agentOn(faulty.store, { leaseMs: 1000 });
    await agent.start();
    const link = await linkTo(faulty.store, agent, "a");
    const { held } = await agent.adopt("a", link.fence);
    faulty.fault = () => "before";
    await until("the loss", () => told.some(({ event }) => event === "lost"));
    expect(told.at(-1)).toEqual({ event: "lost", uid: "a", fence: link.fence, reason: "lease" });
    expect(held!.abort.signal.aborted).toBe(true);
    expect(agent.admit("a", link.fence)).toBeUndefined();
    expect(await agent.adopt("a", link.fence)).toEqual({ refused: "lease" });
    faulty.fault = () => undefined;
    await until("the return", async () => (await agent.adopt("a", link.fence)).held !== undefined);
  });

  it('goes on without the store where onStoreLost is "serve"', async () => {
    const faulty = faultyStore(new MemoryStore());
    const { agent, told } = agentOn(faulty.store, { leaseMs: 200, onStoreLost: "serve" });
    await agent.start();
    const link = await linkTo(faulty.store, agent, "a");
    await agent.adopt("a", link.fence);
    faulty.fault = () => "before";
    await sleep(500);
    expect(agent.admit("a", link.fence)).toBeDefined();
    expect(told.filter(({ event }) => event === "lost")).toEqual([]);
  });

  it("starts over as a new incarnation when it was sealed while it was away", async () => {
    const store = new MemoryStore();
    const { agent, told } = agentOn(store, { leaseMs: 300 });
    await agent.start();
    const link = await linkTo(store, agent, "a");
    await agent.adopt("a", link.fence);
    const before = agent.incarnation!;
    await store.releasePod(name, { pod: 0, incarnation: before });
    await until("a new incarnation", () => (agent.incarnation ?? 0) > before);
    expect(told.at(-1)).toMatchObject({ event: "lost", uid: "a", reason: "lease" });
    expect(await agent.adopt("a", link.fence)).toMatchObject({ refused: "not-owner" });
  });

  it("waits for the end of another process's lease on its id, and can be aborted", async () => {
    const store = new MemoryStore();
    const status = { address: "127.0.0.1:9", revision: "", state: "ready", load: 0 } as const;
    const other = await store.acquirePod(name, 0, "other", status, 300);
    const { agent } = agentOn(store);
    await agent.start();
    expect(agent.incarnation).toBeGreaterThan((other as { incarnation: number }).incarnation);

    const { agent: second } = agentOn(store);
    const abort = new AbortController();
    const starting = second.start({ signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(starting).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("waits for a store that is away at the start", async () => {
    const faulty = faultyStore(new MemoryStore());
    faulty.fault = () => "before";
    const { agent } = agentOn(faulty.store, { leaseMs: 200 });
    const starting = agent.start();
    await sleep(100);
    faulty.fault = () => undefined;
    await starting;
    expect(agent.incarnation).toBeGreaterThan(0);
  });

  it("while draining keeps what it holds, and hands back links that it does not", async () => {
    const store = new MemoryStore();
    const { agent } = agentOn(store);
    await agent.start();
    const kept = await linkTo(store, agent, "kept");
    const late = await linkTo(store, agent, "late");
    await agent.adopt("kept", kept.fence);
    await agent.denyNew();
    expect((await store.pods(name))[0]!.state).toBe("deny-new");
    expect(agent.admit("kept", kept.fence)).toBeDefined();
    expect(await agent.adopt("late", late.fence)).toEqual({ refused: "draining" });
    expect(await store.getLink({ ...name, uid: "late" })).toBeUndefined();
    expect(await store.getLink({ ...name, uid: "kept" })).toEqual(kept);
  });

  it("waits for requests in flight when it stops, then frees its id at once", async () => {
    const store = new MemoryStore();
    const { agent, told } = agentOn(store);
    await agent.start();
    const link = await linkTo(store, agent, "a");
    const { held } = await agent.adopt("a", link.fence);
    held!.inFlight++;
    const stopping = agent.stop();
    await sleep(30);
    expect((await store.pods(name))[0]!.sealed).toBe(false);
    expect(agent.admit("a", link.fence)).toBeUndefined();
    held!.inFlight--;
    await stopping;
    expect((await store.pods(name))[0]!.sealed).toBe(true);
    expect(told.at(-1)).toEqual({ event: "lost", uid: "a", fence: link.fence, reason: "stop" });
    await agent.stop();
  });

  it("keeps a temporary link alive while it is used", async () => {
    const store = new MemoryStore();
    const { agent } = agentOn(store, { leaseMs: 1000 });
    await agent.start();
    const link = await linkTo(store, agent, "a", 2);
    await agent.adopt("a", link.fence);
    for (let round = 1; round <= 12; round++) {
      await sleep(250);
      expect(agent.admit("a", link.fence), `after ${round * 250} ms`).toBeDefined();
    }
    expect(await store.getLink({ ...name, uid: "a" })).toEqual(link);
  });

  it("lets a uid go that was not used for its lifetimeSeconds, and removes its link", async () => {
    const store = new MemoryStore();
    const { agent, told } = agentOn(store, { leaseMs: 300 });
    await agent.start();
    const link = await linkTo(store, agent, "a", 1);
    await agent.adopt("a", link.fence);
    await until("onIdle", () => told.some(({ event }) => event === "idle"));
    await until("the removal", async () => (await store.getLink({ ...name, uid: "a" })) === undefined);
    expect(agent.held()).toEqual([]);
    expect(await agent.adopt("a", link.fence)).toMatchObject({ refused: "not-owner" });
  });

  it("never again holds a link whose removal may still take effect: it raises the fence first", async () => {
    const faulty = faultyStore(new MemoryStore());
    const { agent, told } = agentOn(faulty.store, { leaseMs: 300 });
    await agent.start();
    const link = await linkTo(faulty.store, agent, "a", 2);
    await agent.adopt("a", link.fence);
    faulty.fault = (operation) => (operation === "removeLink" ? "before" : undefined);
    await until("onIdle", () => told.some(({ event }) => event === "idle"));
    await sleep(20);
    const { owner } = (await agent.adopt("a", link.fence)) as { owner: Link };
    expect(owner).toMatchObject({ pod: 0, incarnation: agent.incarnation });
    expect(owner.fence).toBeGreaterThan(link.fence);
    expect((await agent.adopt("a", owner.fence)).held).toBeDefined();
  });

  it("learns at the next renewal that its link was changed by force", async () => {
    const store = new MemoryStore();
    const { agent, told } = agentOn(store, { leaseMs: 300 });
    await agent.start();
    const gone = await linkTo(store, agent, "gone");
    await agent.adopt("gone", gone.fence);
    await store.removeLink({ ...name, uid: "gone" });
    await until("the loss", () => told.some(({ event }) => event === "lost"));
    expect(told.at(-1)).toEqual({ event: "lost", uid: "gone", fence: gone.fence, reason: "link" });
  });

  it("writes its links again when the store lost everything", async () => {
    let store = new MemoryStore();
    const replaceable = new Proxy({} as StatefulStore, {
      get: (_, operation: keyof StatefulStore) => (store[operation] as () => unknown).bind(store),
    });
    const { agent, told } = agentOn(replaceable, { leaseMs: 1000 });
    await agent.start();
    const link = await linkTo(replaceable, agent, "a");
    await agent.adopt("a", link.fence);
    store = new MemoryStore();
    await until("the link", async () => (await store.getLink({ ...name, uid: "a" })) !== undefined);
    expect(await store.getLink({ ...name, uid: "a" })).toEqual(link);
    expect(agent.admit("a", link.fence)).toBeDefined();
    expect(told.filter(({ event }) => event === "lost")).toEqual([]);
  });

  it("refuses a link that could expire between two renewals, and says what is wrong", async () => {
    const store = new MemoryStore();
    const errors: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (message: string) => void errors.push(message) };
    const { agent } = agentOn(store, { leaseMs: 10_000, log });
    await agent.start();
    const link = await linkTo(store, agent, "a", 19);
    expect(await agent.adopt("a", link.fence)).toEqual({ refused: "failed" });
    expect(errors).toEqual(["linkLifetimeSeconds must be at least two leases (20 s), got 19"]);
  });

  it("releases a lease that was granted while it stopped", async () => {
    const faulty = faultyStore(new MemoryStore());
    const { agent } = agentOn(faulty.store);
    const starting = agent.start();
    await agent.stop();
    await expect(starting).rejects.toMatchObject({ code: "ABORTED" });
    expect((await faulty.store.pods(name)).filter(({ sealed }) => !sealed)).toEqual([]);
  });

  it("names a bad option, its rule and its value", () => {
    const store = new MemoryStore();
    expect(() => agentOn(store, { id: -1 })).toThrow(/pod must be an integer from 0 to 2147483647, got -1/);
    expect(() => agentOn(store, { leaseMs: 1 })).toThrow(/leaseMs must be a number from 100/);
    expect(() => agentOn(store, { marginMs: 59_000 })).toThrow(/marginMs must be a number from 0 to 30000, got 59000/);
    expect(() => agentOn(store, { namespace: "a:b" })).toThrow(/namespace must be .* without braces, colons/);
    expect(() => agentOn(store, { address: "" })).toThrow(/address must be/);
  });
});
