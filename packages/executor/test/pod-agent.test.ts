import { describe, expect, it } from "vitest";
import { MemoryStore } from "../src/store/memory-store.ts";
import { faultyStore } from "./faulty-store.ts";
import { agentOn, linkTo, name } from "./pod-fixture.ts";
import { isPending, patienceMs } from "./waiting.ts";

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

  it("serves nothing before onAcquire has finished, and refuses when it throws", async () => {
    const store = new MemoryStore();
    const begun = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<void>();
    let fail = false;
    const onAcquire = (): Promise<unknown> => {
      begun.resolve();
      return fail ? Promise.reject(new Error("no state")) : finished.promise;
    };
    const { agent } = agentOn(store, { onAcquire });
    await agent.start();
    const link = await linkTo(store, agent, "a");
    const admission = agent.adopt("a", link.fence);
    await begun.promise;
    expect(agent.admit("a", link.fence)).toBeUndefined();
    finished.resolve();
    expect((await admission).held).toBeDefined();

    fail = true;
    const other = await linkTo(store, agent, "b");
    expect(await agent.adopt("b", other.fence)).toEqual({ refused: "failed" });
    expect(agent.held()).toEqual(["a"]);
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
    const stopping = agent.stop({ graceMs: patienceMs });
    expect(await isPending(stopping)).toBe(true);
    expect((await store.pods(name))[0]!.sealed).toBe(false);
    expect(agent.admit("a", link.fence)).toBeUndefined();
    held!.inFlight--;
    await stopping;
    expect((await store.pods(name))[0]!.sealed).toBe(true);
    expect(told.at(-1)).toEqual({ event: "lost", uid: "a", fence: link.fence, reason: "stop" });
    await agent.stop();
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
