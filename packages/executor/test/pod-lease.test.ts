// What a pod does as time passes: its lease, and the links of what it holds. In virtual time.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../src/store/memory-store.ts";
import type { StatefulStore } from "../src/store/store.ts";
import type { Link } from "../src/types.ts";
import { faultyStore } from "./faulty-store.ts";
import { agentOn, linkTo, name } from "./pod-fixture.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const memoryStore = (): MemoryStore => new MemoryStore({ clock: { now: () => Date.now() } });

const pass = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));

/** Lets time pass until `condition` holds; at most a minute. */
const passUntil = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const endMs = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`a minute has passed without: ${what}`);
    await pass(5);
  }
};

describe("a pod, as time passes,", () => {
  it("stops serving when its lease ends without the store, tells onLost, and serves again when the store is back", async () => {
    const faulty = faultyStore(memoryStore());
    const { agent, told } = agentOn(faulty.store, { leaseMs: 1000 });
    await agent.start();
    const link = await linkTo(faulty.store, agent, "a");
    const { held } = await agent.adopt("a", link.fence);
    faulty.fault = () => "before";
    await passUntil("the loss", () => told.some(({ event }) => event === "lost"));
    expect(told.at(-1)).toEqual({ event: "lost", uid: "a", fence: link.fence, reason: "lease" });
    expect(held!.abort.signal.aborted).toBe(true);
    expect(agent.admit("a", link.fence)).toBeUndefined();
    expect(await agent.adopt("a", link.fence)).toEqual({ refused: "lease" });
    faulty.fault = () => undefined;
    await passUntil("the return", async () => (await agent.adopt("a", link.fence)).held !== undefined);
  });

  it('goes on without the store where onStoreLost is "serve"', async () => {
    const faulty = faultyStore(memoryStore());
    const { agent, told } = agentOn(faulty.store, { leaseMs: 200, onStoreLost: "serve" });
    await agent.start();
    const link = await linkTo(faulty.store, agent, "a");
    await agent.adopt("a", link.fence);
    faulty.fault = () => "before";
    await pass(500);
    expect(agent.admit("a", link.fence)).toBeDefined();
    expect(told.filter(({ event }) => event === "lost")).toEqual([]);
  });

  it("starts over as a new incarnation when it was sealed while it was away", async () => {
    const store = memoryStore();
    const { agent, told } = agentOn(store, { leaseMs: 300 });
    await agent.start();
    const link = await linkTo(store, agent, "a");
    await agent.adopt("a", link.fence);
    const before = agent.incarnation!;
    await store.releasePod(name, { pod: 0, incarnation: before });
    await passUntil("a new incarnation", () => (agent.incarnation ?? 0) > before);
    expect(told.at(-1)).toMatchObject({ event: "lost", uid: "a", reason: "lease" });
    expect(await agent.adopt("a", link.fence)).toMatchObject({ refused: "not-owner" });
  });

  it("waits for the end of another process's lease on its id, and can be aborted", async () => {
    const store = memoryStore();
    const status = { address: "127.0.0.1:9", revision: "", state: "ready", load: 0 } as const;
    const other = await store.acquirePod(name, 0, "other", status, 300);
    const { agent } = agentOn(store);
    const waiting = agent.start();
    await pass(250);
    expect(agent.incarnation).toBeUndefined();
    await pass(100);
    await waiting;
    expect(agent.incarnation).toBeGreaterThan((other as { incarnation: number }).incarnation);

    const { agent: second } = agentOn(store);
    const abort = new AbortController();
    const starting = second.start({ signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(starting).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("waits for a store that is away at the start", async () => {
    const faulty = faultyStore(memoryStore());
    faulty.fault = () => "before";
    const warned: string[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void warned.push(message) };
    const { agent } = agentOn(faulty.store, { leaseMs: 200, log });
    const starting = agent.start();
    await pass(100);
    expect(agent.incarnation).toBeUndefined();
    faulty.fault = () => undefined;
    await pass(100);
    await starting;
    expect(agent.incarnation).toBeGreaterThan(0);
    expect(warned).toEqual(["pod 0 cannot reach the store, trying again until it can"]);
  });

  it("remembers a refusal for a second, and where the store knew less than the asker only for a tenth of one", async () => {
    const { store, calls } = faultyStore(memoryStore());
    const { agent } = agentOn(store);
    await agent.start();
    const link = await linkTo(store, agent, "known");
    const asked = () => calls.filter((call) => call === "takeUpLink").length;
    const askFor = async (uid: string, fence: number, afterMs: number): Promise<number> => {
      const before = asked();
      await agent.adopt(uid, fence);
      await pass(afterMs);
      await agent.adopt(uid, fence);
      return asked() - before;
    };
    expect(await askFor("unknown", link.fence, 50)).toBe(1);
    expect(await askFor("unknown to the store", link.fence, 200)).toBe(2);
    expect(await askFor("known", link.fence - 1, 900)).toBe(1);
    expect(await askFor("known", link.fence - 2, 1100)).toBe(2);
  });

  it("stops serving a uid whose link it cannot renew before the link can expire, though its lease stands", async () => {
    const faulty = faultyStore(memoryStore());
    const { agent } = agentOn(faulty.store, { leaseMs: 1000, marginMs: 100 });
    await agent.start();
    const [short, long] = [
      await linkTo(faulty.store, agent, "short", 2),
      await linkTo(faulty.store, agent, "long", 600),
    ];
    for (const [uid, { fence }] of Object.entries({ short, long })) await agent.adopt(uid, fence);
    faulty.fault = (operation) => (operation === "renewLinks" ? "before" : undefined);
    await pass(1850);
    expect(agent.admit("short", short.fence)).toBeDefined();
    await pass(100);
    expect(await faulty.store.getLink({ ...name, uid: "short" })).toBeDefined();
    expect([agent.admit("short", short.fence), agent.holds("short")]).toEqual([undefined, false]);
    expect(agent.admit("long", long.fence)).toBeDefined();
  });

  it("keeps a temporary link alive while it is used", async () => {
    const store = memoryStore();
    const { agent } = agentOn(store, { leaseMs: 1000 });
    await agent.start();
    const link = await linkTo(store, agent, "a", 2);
    await agent.adopt("a", link.fence);
    for (let round = 1; round <= 12; round++) {
      await pass(250);
      expect(agent.admit("a", link.fence), `after ${round * 250} ms`).toBeDefined();
    }
    expect(await store.getLink({ ...name, uid: "a" })).toEqual(link);
  });

  it("lets a uid go that was not used for its lifetimeSeconds, and removes its link", async () => {
    const store = memoryStore();
    const { agent, told } = agentOn(store, { leaseMs: 300 });
    await agent.start();
    const link = await linkTo(store, agent, "a", 1);
    await agent.adopt("a", link.fence);
    await passUntil("onIdle", () => told.some(({ event }) => event === "idle"));
    await passUntil("the removal", async () => (await store.getLink({ ...name, uid: "a" })) === undefined);
    expect(agent.held()).toEqual([]);
    expect(await agent.adopt("a", link.fence)).toMatchObject({ refused: "not-owner" });
  });

  it("never again holds a link whose removal may still take effect: it raises the fence first", async () => {
    const faulty = faultyStore(memoryStore());
    const { agent, told } = agentOn(faulty.store, { leaseMs: 300 });
    await agent.start();
    const link = await linkTo(faulty.store, agent, "a", 2);
    await agent.adopt("a", link.fence);
    faulty.fault = (operation) => (operation === "removeLink" ? "before" : undefined);
    await passUntil("onIdle", () => told.some(({ event }) => event === "idle"));
    await pass(20);
    const { owner } = (await agent.adopt("a", link.fence)) as { owner: Link };
    expect(owner).toMatchObject({ pod: 0, incarnation: agent.incarnation });
    expect(owner.fence).toBeGreaterThan(link.fence);
    expect((await agent.adopt("a", owner.fence)).held).toBeDefined();
  });

  it("learns at the next renewal that its link was changed by force", async () => {
    const store = memoryStore();
    const { agent, told } = agentOn(store, { leaseMs: 300 });
    await agent.start();
    const gone = await linkTo(store, agent, "gone");
    await agent.adopt("gone", gone.fence);
    await store.removeLink({ ...name, uid: "gone" });
    await passUntil("the loss", () => told.some(({ event }) => event === "lost"));
    expect(told.at(-1)).toEqual({ event: "lost", uid: "gone", fence: gone.fence, reason: "link" });
  });

  it("writes its links again when the store lost everything", async () => {
    let store = memoryStore();
    const replaceable = new Proxy({} as StatefulStore, {
      get: (_, operation: keyof StatefulStore) => (store[operation] as () => unknown).bind(store),
    });
    const { agent, told } = agentOn(replaceable, { leaseMs: 1000 });
    await agent.start();
    const link = await linkTo(replaceable, agent, "a");
    await agent.adopt("a", link.fence);
    store = memoryStore();
    await passUntil("the link", async () => (await store.getLink({ ...name, uid: "a" })) !== undefined);
    expect(await store.getLink({ ...name, uid: "a" })).toEqual(link);
    expect(agent.admit("a", link.fence)).toBeDefined();
    expect(told.filter(({ event }) => event === "lost")).toEqual([]);
  });
});
