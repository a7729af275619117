import { describe, expect, it } from "vitest";
import { monotonicClock } from "../src/time.ts";
import type { Link, Owner } from "../src/types.ts";
import { leaseMs, podStatus, setUp } from "./router-setup.ts";
import { isPending, until } from "./waiting.ts";

const long = 60_000;

/** Two pods that live long, and a uid of the first. */
const withTwoPods = async (options: Parameters<typeof setUp>[0] = {}) => {
  const world = setUp(options);
  const first = await world.acquire(0, {}, long);
  const second = await world.acquire(1, {}, long);
  const { link } = await world.scope.setLinkedPodIfAbsent("alice", first, 3600);
  const mark = (deadlineMs = long) => world.scope.beginMove("alice", link, second, deadlineMs);
  const commit = () => world.scope.commitMove("alice", link, second);
  return { ...world, first, second, link, mark, commit };
};

describe("a uid that moves", () => {
  it("is waited for until its new owner has it", async () => {
    const { router, mark, commit, second, link } = await withTwoPods();
    await mark();
    const route = router.resolve("alice");
    expect(await isPending(route)).toBe(true);
    await commit();
    const moved = await route;
    expect(moved).toMatchObject({ ...second, source: "store", origin: "move" });
    expect(moved.fence).toBeGreaterThan(link.fence);
    expect(router.peek("alice")).toMatchObject(second);
  });

  it("is found by reading again where the news is lost, and where the move is called off", async () => {
    const { router, scope, mark, first, faulty, link } = await withTwoPods();
    faulty.store.subscribe = () => ({ [Symbol.dispose]: () => undefined });
    await mark();
    const route = router.resolve("alice");
    expect(await isPending(route)).toBe(true);
    await scope.cancelMove("alice", link);
    expect(await route).toMatchObject({ ...first, fence: link.fence });
  });

  it("leads to its present owner when the move takes too long, and is not remembered", async () => {
    for (const moveWaitMs of [0, 40]) {
      const { router, mark, first, second } = await withTwoPods({ moveWaitMs, clock: monotonicClock });
      await mark();
      expect(await router.resolve("alice")).toMatchObject({ ...first, moving: second, source: "store" });
      expect(router.peek("alice")).toBeUndefined();
    }
  });

  it("forgets the hint that it had", async () => {
    const { router, mark, commit, second } = await withTwoPods();
    await router.resolve("alice");
    await mark();
    expect(router.peek("alice"), "nobody has refused it yet").toBeDefined();
    router.forget("alice");
    const route = router.resolve("alice");
    expect(await isPending(route)).toBe(true);
    expect(router.peek("alice")).toBeUndefined();
    await commit();
    expect(await route).toMatchObject(second);
  });

  it("is waited for by so many calls and no more", async () => {
    const { router, mark, commit, second } = await withTwoPods({ maxWaiters: 2 });
    await mark();
    const waiting = [router.resolve("alice"), router.resolve("alice")];
    expect(await isPending(Promise.race(waiting))).toBe(true);
    const details = { code: "OVERLOADED", retryable: true, retryAfterMs: 1000 };
    await expect(router.resolve("alice")).rejects.toMatchObject(details);
    await commit();
    expect(await Promise.all(waiting)).toMatchObject([second, second]);
    expect(await router.resolve("alice")).toMatchObject(second);
  });

  it("is taken over as any other when its owner is dead", async () => {
    const { router, acquire, scope, passLeases } = setUp();
    const dead = await acquire(0);
    const living = await acquire(1);
    const { link } = await scope.setLinkedPodIfAbsent("alice", dead, 3600);
    await scope.beginMove("alice", link, living, long);
    await passLeases(2, living);
    const route = await router.resolve("alice");
    expect(route).toMatchObject({ ...living, source: "taken-over" });
    expect(route.moving).toBeUndefined();
  });

  it("is given up on with the signal or at the deadline, and so is the place in the queue", async () => {
    const { router, mark, commit, second } = await withTwoPods({ maxWaiters: 1 });
    await mark();
    const abort = new AbortController();
    const aborted = router.resolve("alice", { signal: abort.signal });
    expect(await isPending(aborted)).toBe(true);
    abort.abort(new Error("gone"));
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED", cause: new Error("gone") });
    await expect(router.resolve("alice", { timeoutMs: 30 })).rejects.toMatchObject({ code: "TIMEOUT" });
    const route = router.resolve("alice");
    expect(await isPending(route)).toBe(true);
    await commit();
    expect(await route).toMatchObject(second);
  });

  it("is not waited for by a router that is closed", async () => {
    const { router, mark } = await withTwoPods();
    await mark();
    const route = router.resolve("alice");
    expect(await isPending(route)).toBe(true);
    router.close();
    await expect(route).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("StatefulRouter.move", () => {
  it("asks the owner, and answers the new route", async () => {
    const { router, obey, first, second, link } = await withTwoPods();
    using _ = obey(first, [second]);
    const route = await router.move("alice");
    expect(route).toMatchObject({ ...second, origin: "move" });
    expect(route!.fence).toBeGreaterThan(link.fence);
    expect(await router.resolve("alice")).toMatchObject(second);
  });

  it("names the pod that shall have it, and asks nobody when it has it already", async () => {
    const { router, acquire, obey, lettersTo, first, second } = await withTwoPods();
    const third = await acquire(2, {}, long);
    expect(await router.move("alice", { to: 0 })).toMatchObject(first);
    expect(await lettersTo(first)).toEqual([]);
    using _ = obey(first, [second, third]);
    expect(await router.move("alice", { to: 2 })).toMatchObject(third);
  });

  it("takes over from a dead owner instead", async () => {
    const { router, acquire, scope, passLeases } = setUp();
    const dead = await acquire(0);
    const living = await acquire(1);
    await scope.setLinkedPodIfAbsent("alice", dead, 3600);
    await passLeases(2, living);
    expect(await router.move("alice")).toMatchObject({ ...living, source: "taken-over" });
  });

  it("takes over when the owner dies before it has complied", async () => {
    const { router, first, second, scope, lettersTo } = await withTwoPods();
    const route = router.move("alice");
    await until("the letter", async () => (await lettersTo(first)).length > 0);
    await scope.releasePod(first);
    expect(await route).toMatchObject({ ...second, origin: "takeover" });
  });

  it("answers nothing for a uid without a link, and for one that is let go meanwhile", async () => {
    const { router, scope, first, link, lettersTo } = await withTwoPods();
    expect(await router.move("nobody")).toBeUndefined();
    const route = router.move("alice");
    await until("the letter", async () => (await lettersTo(first)).length > 0);
    await scope.removeLinkedPodWithId("alice", link);
    expect(await route).toBeUndefined();
  });

  it("gives up on an owner that does not comply, and refuses targets that take no uids", async () => {
    const { router, acquire, first, lettersTo } = await withTwoPods();
    const abort = new AbortController();
    const aborted = router.move("alice", { signal: abort.signal });
    const timedOut = router.move("alice", { to: 1, timeoutMs: 200 });
    await expect(timedOut).rejects.toMatchObject({ code: "TIMEOUT", outcome: "unknown", operation: "move" });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
    const letters = await lettersTo(first);
    expect(letters).toContainEqual({ kind: "move", uid: "alice", to: 1 });
    expect(letters).toContainEqual({ kind: "move", uid: "alice" });
    await expect(router.move("alice", { to: 9 })).rejects.toThrow("pod 9 takes no uids (unknown)");
    await acquire(2, { state: "deny-new" }, long);
    await router.refreshPods();
    await expect(router.move("alice", { to: 2 })).rejects.toMatchObject({ code: "NO_LIVE_POD" });
    await expect(router.move("alice", { to: -1 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("StatefulRouter.release", () => {
  it("asks the owner, and waits until the link is gone", async () => {
    const { router, obey, first, second, scope } = await withTwoPods();
    using _ = obey(first, [second]);
    expect(await router.release("alice")).toBe(true);
    expect(await scope.getLinkedPod("alice")).toBeUndefined();
    expect(await router.release("alice")).toBe(false);
  });

  it("asks the next owner when the uid has moved meanwhile", async () => {
    const { router, obey, lettersTo, first, second, commit, scope } = await withTwoPods();
    using _ = obey(second, [first]);
    const released = router.release("alice");
    await until("the letter", async () => (await lettersTo(first)).length > 0);
    await commit();
    expect(await released).toBe(true);
    expect(await scope.getLinkedPod("alice")).toBeUndefined();
  });

  it("removes the link of a dead owner, and that of one which is expected back, but not that of a living one", async () => {
    const { router, acquire, scope, passLeases, faulty } = setUp();
    const dead = await acquire(0);
    const living = await acquire(1);
    await scope.setLinkedPodIfAbsent("alice", dead, 3600);
    await scope.setLinkedPodIfAbsent("carol", living, 3600);
    await passLeases(2, living);
    expect(await router.release("alice")).toBe(true);
    await expect(router.release("carol", { timeoutMs: 40 })).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(await scope.getLinkedPod("carol")).toMatchObject(living);
    const held = await acquire(2);
    await scope.setLinkedPodIfAbsent("bob", held, 3600);
    await scope.releasePod(held, { returnMs: long });
    expect(await router.release("bob")).toBe(true);
    expect(faulty.calls).toContain("sealPod");
  });
});

describe("StatefulRouter.learn", () => {
  it("links a uid to the pod that says it holds it, and remembers that", async () => {
    const { router, second } = await withTwoPods();
    expect(await router.learn("bob", 1)).toMatchObject({ ...second, source: "placed", lifetimeSeconds: 3600 });
    expect(router.peek("bob")).toMatchObject({ ...second, source: "hint" });
    expect(await router.learn("bob", 1)).toMatchObject({ ...second, source: "store" });
  });

  it("never overwrites a living owner, and answers what holds", async () => {
    const { router, first, link } = await withTwoPods();
    expect(await router.learn("alice", 1)).toMatchObject({ ...first, fence: link.fence, source: "store" });
  });

  it("does not believe in pods that do not live", async () => {
    const { router, scope, second } = await withTwoPods();
    await expect(router.learn("bob", 7)).rejects.toMatchObject({ code: "NO_LIVE_POD", retryable: true });
    await scope.releasePod(second);
    await expect(router.learn("bob", 1)).rejects.toMatchObject({ code: "NO_LIVE_POD" });
    await expect(router.learn("bob", 1.5)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await scope.getLinkedPod("bob")).toBeUndefined();
  });
});

describe("a pod that is expected back", () => {
  const restarting = async (): Promise<ReturnType<typeof setUp> & { link: Link; first: Owner }> => {
    const world = setUp();
    const first = await world.acquire(0);
    await world.acquire(1, {}, long);
    const { link } = await world.scope.setLinkedPodIfAbsent("alice", first, 3600);
    await world.scope.releasePod(first, { returnMs: 1500 });
    return { ...world, link, first };
  };

  it("keeps its uids until it is back", async () => {
    const { router, acquire, link } = await restarting();
    const waits = { code: "OWNER_UNREACHABLE", retryable: true, retryAfterMs: 1000 };
    await expect(router.resolve("alice")).rejects.toMatchObject(waits);
    const again = await acquire(0);
    const route = await router.resolve("alice");
    expect(route).toMatchObject({ ...again, source: "taken-over", origin: "restart" });
    expect(route.fence).toBeGreaterThan(link.fence);
  });

  it("loses them when it does not come in time", async () => {
    const { router, passMs } = await restarting();
    passMs(1000);
    await expect(router.resolve("alice")).rejects.toMatchObject({ retryAfterMs: 500 });
    passMs(500);
    expect(await router.resolve("alice")).toMatchObject({ pod: 1, origin: "takeover" });
  });

  it("loses them when it comes back to drain", async () => {
    const { router, acquire, scope } = await restarting();
    const again = await acquire(0);
    await scope.renewPod(again, podStatus(0, { state: "deny-new" }), leaseMs);
    expect(await router.resolve("alice")).toMatchObject({ pod: 1, origin: "takeover" });
  });
});
