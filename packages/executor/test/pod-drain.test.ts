import { describe, expect, it } from "vitest";
import { PodAgent, ServiceScope } from "../src/index.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { name, open, podOn, twoPods } from "./pod-pairs.ts";
import { until } from "./waiting.ts";

describe("letters", () => {
  it("move and release what others ask for", async () => {
    const { from, to, scope } = await twoPods();
    await from.agent.claim("moved");
    await from.agent.claim("released");
    await scope.sendLetters(0, [
      JSON.stringify({ kind: "move", uid: "moved", to: 1 }),
      "not a letter",
      JSON.stringify({ kind: "release", uid: "released" }),
    ]);
    await until("both have left", async () => from.agent.held().length === 0);
    await until("the target holds it", async () => to.agent.holds("moved"));
    expect(await scope.getLinkedPod("released")).toBeUndefined();
    expect(from.told).toContainEqual(["release", "released", "release"]);
  });

  it("shed the uids that were unused for the longest time", async () => {
    const { from, to, scope } = await twoPods();
    for (const uid of ["a", "b", "c", "d"]) await from.agent.claim(uid);
    const { fence } = (await scope.getLinkedPod("a"))!;
    await until("the clock has moved on", async () => from.agent.admit("a", fence)!.lastUsedMs > 0);
    from.agent.admit("b", (await scope.getLinkedPod("b"))!.fence)!.inFlight++;
    const shed = JSON.stringify({ kind: "shed", count: 1, to: [1] });
    // Two letters at once ask for two uids.
    await scope.sendLetters(0, [shed, shed]);
    await until("two have left", async () => to.agent.held().length === 2);
    expect(from.agent.held()).toContain("b");
    expect(from.agent.held()).toHaveLength(2);
  });
});

describe("a drain", () => {
  it("moves everything, paced, with its progress", async () => {
    const { from, to, scope } = await twoPods();
    const uids = Array.from({ length: 50 }, (_, index) => `u${index}`);
    for (const uid of uids) {
      await from.agent.claim(uid);
      from.states.set(uid, `state of ${uid}`);
    }
    const seen: number[] = [];
    const progress = await from.agent.drain({ concurrency: 8, rate: 5000, onProgress: ({ done }) => seen.push(done) });
    expect(progress).toEqual({ done: 50, gone: 0, kept: 0, total: 50 });
    expect(seen.at(-1)).toBe(50);
    expect(from.agent.held()).toEqual([]);
    expect((await scope.pods())[0]).toMatchObject({ state: "deny-new" });
    await until("the other holds all", async () => to.agent.held().length === 50);
    for (const uid of uids) expect(to.states.get(uid)).toBe(`state of ${uid}`);
  });

  it("ends with its signal, serves what is left, and goes on when asked again", async () => {
    const { from, to } = await twoPods();
    for (let index = 0; index < 20; index++) await from.agent.claim(`u${index}`);
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }): void => {
      if (done === 5) stop.abort();
    };
    const first = await from.agent.drain({ concurrency: 1, onProgress, signal: stop.signal });
    expect(first.done).toBe(5);
    expect(from.agent.held()).toHaveLength(15);
    expect(await from.agent.drain()).toMatchObject({ done: 15, total: 15 });
    await until("the other holds all", async () => to.agent.held().length === 20);
  });

  it("holds what it has for its own next life", async () => {
    const store = new MemoryStore();
    const { agent, states } = await podOn(store, 0);
    const { fence } = await agent.claim("a");
    states.set("a", "asleep");
    expect(await agent.drain({ to: "hold", returnMs: 600_000 })).toMatchObject({ done: 1 });
    expect(await agent.adopt("a", fence)).toEqual({ refused: "draining" });
    await agent.stop();
    const scope = new ServiceScope(store, name);
    const [record] = await scope.pods();
    expect(record!.returnLeftMs).toBeGreaterThan(0);
    const link = (await scope.getLinkedPod("a"))!;
    expect(link.fence).toBe(fence);
    const next = await podOn(store, 0);
    const owner = { pod: 0, incarnation: next.agent.incarnation! };
    const { link: taken } = await scope.takeOver("a", link, owner);
    await next.agent.adopt("a", taken!.fence);
    expect(next.told).toEqual([["acquire", "a", "restart", "asleep"]]);
  });

  it("passes on what is handed over to it while it drains, unopened, and takes it only if nobody else does", async () => {
    const { from, to, scope } = await twoPods();
    await from.agent.claim("a");
    from.states.set("a", "s");
    await to.agent.denyNew();
    const target = { pod: 1, incarnation: to.agent.incarnation! };
    const link = (await scope.getLinkedPod("a"))!;
    const { link: moved } = await scope.commitMove("a", { ...link }, target, "s");
    expect(await to.agent.adopt("a", moved!.fence)).toMatchObject({ refused: "draining", owner: { pod: 0 } });
    expect(to.told).toEqual([]);
    await until("the other has it again", async () => from.states.get("a") === "s" && from.agent.holds("a"));

    await from.agent.denyNew();
    expect(await from.agent.drain()).toMatchObject({ kept: 1 });
    const back = (await scope.getLinkedPod("a"))!;
    const { link: again } = await scope.commitMove("a", { ...back }, target, "t");
    expect((await to.agent.adopt("a", again!.fence)).held).toBeDefined();
    expect(to.told).toEqual([["acquire", "a", "move", "t"]]);
  });
});

describe("what a pod takes", () => {
  it("is bounded by maxLinks", async () => {
    const store = new MemoryStore();
    const { agent } = await podOn(store, 0, { maxLinks: 1 });
    await agent.claim("a");
    await expect(agent.claim("b")).rejects.toMatchObject({ code: "NO_LIVE_POD", retryable: true });
    const scope = new ServiceScope(store, name);
    const owner = { pod: 0, incarnation: agent.incarnation! };
    const { link } = await scope.setLinkedPodIfAbsent("b", owner, 60_000);
    expect(await agent.adopt("b", link.fence)).toEqual({ refused: "full" });
    expect(await scope.getLinkedPod("b")).toBeUndefined();
  });

  it("is its own only: a claim never takes a uid from another pod", async () => {
    const { from, to } = await twoPods();
    const mine = await from.agent.claim("a");
    expect(await from.agent.claim("a")).toBe(mine);
    await expect(to.agent.claim("a")).rejects.toMatchObject({ code: "NOT_OWNER", retryable: false });
  });

  it("has the id that it claims, and says so", async () => {
    const store = new MemoryStore();
    await podOn(store, 0);
    const claimed = new PodAgent({ store, ...name, id: "claim", address: "127.0.0.1:9", labels: { zone: "b" } });
    open.push(claimed);
    expect(claimed.id).toBeUndefined();
    await claimed.start();
    expect(claimed.id).toBe(1);
    expect((await store.pods(name))[1]).toMatchObject({ pod: 1, labels: { zone: "b" }, held: 0 });
  });
});

describe("force", () => {
  it("is noticed at once by the pod that held the uid", async () => {
    const { from, scope } = await twoPods();
    await from.agent.claim("a");
    await scope.setLinkedPod("a", { pod: 1, incarnation: 7 }, 60);
    await until("it is lost", async () => from.told.some((entry) => (entry as unknown[])[0] === "lost"));
    expect(from.agent.holds("a")).toBe(false);
  });
});
