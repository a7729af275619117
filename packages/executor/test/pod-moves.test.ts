import { describe, expect, it } from "vitest";
import { ServiceScope } from "../src/index.ts";
import { settle } from "../src/pod/held.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { faultyStore } from "./faulty-store.ts";
import { name, podOn, twoPods } from "./pod-pairs.ts";
import { until } from "./waiting.ts";

describe("a move", () => {
  it("hands the state over, and the target holds the uid at once", async () => {
    const { from, to, scope } = await twoPods();
    const { fence, signal } = await from.agent.claim("a");
    from.states.set("a", "seven");
    expect(await from.agent.move("a")).toBe(true);
    expect(signal.aborted).toBe(true);
    expect(from.agent.holds("a")).toBe(false);
    await until("the target holds it", async () => to.agent.holds("a"));
    expect(to.states.get("a")).toBe("seven");
    expect(from.told).toEqual([
      ["acquire", "a", "new", undefined],
      ["release", "a", "move"],
    ]);
    expect(to.told).toEqual([["acquire", "a", "move", "seven"]]);
    const link = await scope.getLinkedPod("a");
    expect(link).toMatchObject({ pod: 1, origin: "move" });
    expect(link!.fence).toBeGreaterThan(fence);
    expect(link!.moving).toBeUndefined();
    expect(await from.agent.adopt("a", fence)).toMatchObject({ refused: "not-owner" });
  });

  it("waits for what is in flight, refuses what is new, and marks the link meanwhile", async () => {
    const { from, scope } = await twoPods();
    const { fence } = await from.agent.claim("a");
    const held = from.agent.admit("a", fence)!;
    held.inFlight++;
    const moving = from.agent.move("a", { to: 1 });
    await until("the link is marked", async () => (await scope.getLinkedPod("a"))?.moving?.pod === 1);
    await until("nothing new is admitted", async () => from.agent.admit("a", fence) === undefined);
    expect(await from.agent.adopt("a", fence)).toEqual({ refused: "moving" });
    expect(from.told).toHaveLength(1);
    held.inFlight--;
    held.onQuiet?.();
    expect(await moving).toBe(true);
    expect(await scope.getLinkedPod("a")).toMatchObject({ pod: 1 });
  });

  it("tells requests that do not end, and moves without them", async () => {
    const { from, to } = await twoPods(undefined, { quietMs: 20 });
    const { fence, signal } = await from.agent.claim("a");
    from.agent.admit("a", fence)!.inFlight++;
    expect(await from.agent.move("a")).toBe(true);
    expect(signal.aborted).toBe(true);
    await until("the target holds it", async () => to.agent.holds("a"));
  });

  it("releases nothing that was lost while it waited for requests in flight", async () => {
    const { from, scope } = await twoPods();
    const { fence } = await from.agent.claim("a");
    const held = from.agent.admit("a", fence)!;
    held.inFlight++;
    const moving = from.agent.move("a");
    await until("nothing new is admitted", () => from.agent.admit("a", fence) === undefined);
    await from.agent.stop({ graceMs: 0 });
    settle(held);
    expect(await moving).toBe(false);
    expect(from.told).toEqual([
      ["acquire", "a", "new", undefined],
      ["lost", "a", "stop"],
    ]);
    expect(await scope.getLinkedPod("a")).toMatchObject({ pod: 0 });
  });

  it("keeps the uid where there is nobody to take it, or user code fails", async () => {
    const { agent } = await podOn(new MemoryStore(), 0);
    await agent.claim("a");
    expect(await agent.move("a")).toBe(false);
    expect(await agent.move("unknown")).toBe(false);
    expect(agent.holds("a")).toBe(true);

    const failing = {
      onRelease: () => {
        throw new Error("no");
      },
    };
    const { from, scope } = await twoPods(undefined, failing);
    const { fence } = await from.agent.claim("a");
    expect(await from.agent.move("a")).toBe(false);
    expect(from.agent.admit("a", fence)).toBeDefined();
    expect((await scope.getLinkedPod("a"))?.moving).toBeUndefined();
  });

  it("gives a state that is too large back to the pod that returned it", async () => {
    const large = "x".repeat(1_048_577);
    const { from } = await twoPods(undefined, { onRelease: () => large });
    await from.agent.claim("a");
    expect(await from.agent.move("a")).toBe(false);
    expect(from.agent.holds("a")).toBe(true);
    expect(from.states.get("a")).toBe(large);
  });

  it("sends what the store did not answer again, until it is known", async () => {
    const faulty = faultyStore(new MemoryStore());
    const { from, to } = await twoPods(faulty.store);
    await from.agent.claim("a");
    from.states.set("a", "kept");
    let lost = 0;
    // The answer is lost after the store has done it.
    faulty.fault = (operation) => (operation === "commitMove" && lost++ < 3 ? "after" : undefined);
    expect(await from.agent.move("a")).toBe(true);
    expect(lost).toBeGreaterThanOrEqual(3);
    await until("the target holds it", async () => to.agent.holds("a"));
    expect(to.states.get("a")).toBe("kept");
    expect(to.told).toHaveLength(1);
  });

  it("confirms a state before the first request, and hands it out again only if it could not", async () => {
    const faulty = faultyStore(new MemoryStore());
    const { from, to, scope } = await twoPods(faulty.store);
    await from.agent.claim("a");
    from.states.set("a", "once");
    let refused = 0;
    faulty.fault = (operation) => (operation === "dropState" && refused++ < 3 ? "before" : undefined);
    await from.agent.move("a");
    await until("the target holds it", async () => to.agent.holds("a"));
    expect(refused).toBe(4);
    const link = (await scope.getLinkedPod("a"))!;
    const { link: next } = await scope.takeOver("a", link, { pod: 5, incarnation: 7 });
    const taken = await scope.takeUpLink("a", { pod: 5, incarnation: 7, fence: next!.fence });
    expect(taken.state).toBeUndefined();
  });

  it("keeps the state for the next try when onAcquire fails", async () => {
    const store = new MemoryStore();
    const from = await podOn(store, 0);
    let failures = 0;
    const seen: unknown[] = [];
    const to = await podOn(store, 1, {
      onAcquire: (_uid, { state }) => {
        seen.push(state);
        if (failures++ < 1) throw new Error("not yet");
      },
    });
    await from.agent.claim("a");
    from.states.set("a", "precious");
    await from.agent.move("a");
    await until("the first try has failed", async () => failures === 1);
    const link = (await new ServiceScope(store, name).getLinkedPod("a"))!;
    expect((await to.agent.adopt("a", link.fence)).held).toBeDefined();
    expect(seen).toEqual(["precious", "precious"]);
  });
});
