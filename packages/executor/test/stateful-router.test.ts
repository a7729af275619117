import { describe, expect, it } from "vitest";
import { StatefulRouter } from "../src/router/stateful-router.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import type { StatefulStore } from "../src/store/store.ts";
import { leaseMs, name, podStatus, setUp } from "./router-setup.ts";

describe("StatefulRouter", () => {
  it("links a new uid to a live pod, finds it again, and then needs no I/O", async () => {
    const { router, acquire, faulty } = setUp();
    await acquire(0);
    const first = await router.resolve("alice");
    expect(first).toMatchObject({
      pod: 0,
      address: "10.0.0.0:80",
      source: "placed",
      lifetimeSeconds: 3600,
      origin: "new",
    });
    faulty.calls.length = 0;
    expect(await router.resolve("alice")).toEqual({ ...first, source: "hint" });
    expect(router.peek("alice")).toEqual({ ...first, source: "hint" });
    expect(faulty.calls).toEqual([]);
    expect(router.peek("bob")).toBeUndefined();
  });

  it("two routers agree on every uid", async () => {
    const { router, acquire, faulty } = setUp();
    for (const pod of [0, 1, 2]) await acquire(pod);
    const other = new StatefulRouter({ store: faulty.store, ...name });
    const uids = Array.from({ length: 200 }, (_, index) => `u${index}`);
    const [here, there] = await Promise.all(
      [router, other].map((one) => Promise.all(uids.map((uid) => one.resolve(uid)))),
    );
    expect(here!.map(({ fence }) => fence)).toEqual(there!.map(({ fence }) => fence));
    expect(new Set(here!.map(({ pod }) => pod)).size).toBe(3);
  });

  it("reads the link again when its hint is old or was refused", async () => {
    const { router, acquire, faulty, passLeases } = setUp({ hintMaxAgeMs: 1500 });
    const owner = await acquire(0);
    await router.resolve("alice");
    await passLeases(2, owner);
    expect((await router.resolve("alice")).source).toBe("store");
    router.forget("alice");
    faulty.calls.length = 0;
    expect((await router.resolve("alice")).source).toBe("store");
    expect(faulty.calls).toContain("getLink");
  });

  it("takes a dead pod's uid over after sealing it, and leaves the others where they are", async () => {
    const { router, acquire, passLeases, scope } = setUp();
    const dead = await acquire(0);
    const before = await router.resolve("alice");
    const living = await acquire(1);
    const { link: other } = await scope.setLinkedPodIfAbsent("bob", living, 60);
    await passLeases(2, living);
    const after = await router.resolve("alice");
    expect(after).toMatchObject({ pod: 1, incarnation: living.incarnation, source: "taken-over", origin: "takeover" });
    expect(after.fence).toBeGreaterThan(before.fence);
    expect((await router.resolve("bob")).fence).toBe(other.fence);
    expect(await scope.renewPod(dead, podStatus(0), leaseMs)).toEqual({
      renewed: false,
      reason: "sealed",
    });
  });

  it("sends the uids of a restarted pod to its next life", async () => {
    const { router, acquire, scope } = setUp();
    const first = await acquire(0);
    await acquire(1);
    await scope.setLinkedPodIfAbsent("alice", first, 60);
    await scope.releasePod(first);
    const second = await acquire(0);
    expect(await router.resolve("alice")).toMatchObject({ ...second, origin: "restart", source: "taken-over" });
  });

  it("does not take over while a lease runs, nor while nobody renews", async () => {
    const { router, acquire, passLeases } = setUp();
    const only = await acquire(0);
    await router.resolve("alice");
    await passLeases(2);
    const silent = router.resolve("alice");
    await expect(silent).rejects.toMatchObject({
      code: "OWNER_UNREACHABLE",
      retryable: true,
      retryAfterMs: expect.any(Number),
    });
    await passLeases(1, only);
    expect((await router.resolve("alice")).incarnation).toBe(only.incarnation);
  });

  it("gives everybody one lease after an outage before anything is taken over", async () => {
    const { router, acquire, passLeases, scope } = setUp();
    const slow = await acquire(0);
    await router.resolve("alice");
    const quick = await acquire(1);
    await passLeases(5);
    await scope.renewPod(quick, podStatus(1), leaseMs);
    await expect(router.resolve("alice")).rejects.toMatchObject({ code: "OWNER_UNREACHABLE" });
    await scope.renewPod(slow, podStatus(0), leaseMs);
    expect((await router.resolve("alice")).incarnation).toBe(slow.incarnation);
  });

  it("places new uids on ready pods only, and refuses when there is none", async () => {
    const { router, acquire, scope, passMs } = setUp();
    await expect(router.resolve("a")).rejects.toMatchObject({
      code: "NO_LIVE_POD",
      retryable: true,
      retryAfterMs: 1000,
    });
    const draining = await acquire(0);
    await scope.renewPod(draining, podStatus(0, { state: "deny-new" }), 60_000);
    passMs(501);
    await expect(router.resolve("a")).rejects.toMatchObject({ code: "NO_LIVE_POD" });
    await acquire(1);
    passMs(501);
    expect((await router.resolve("a")).pod).toBe(1);
    expect((await router.pods()).map(({ pod }) => pod)).toEqual([0, 1]);
  });

  it("asks the placement of the caller, which may refuse", async () => {
    const asked: [string, number[]][] = [];
    const placement = {
      place: (uid: string, candidates: readonly { pod: number }[]) => {
        asked.push([uid, candidates.map(({ pod }) => pod)]);
        return uid === "refused" ? undefined : 2;
      },
    };
    const { router, acquire } = setUp({ placement });
    for (const pod of [0, 1, 2]) await acquire(pod);
    expect((await router.resolve("alice")).pod).toBe(2);
    await expect(router.resolve("refused")).rejects.toMatchObject({ code: "NO_LIVE_POD" });
    expect(asked).toEqual([
      ["alice", [0, 1, 2]],
      ["refused", [0, 1, 2]],
    ]);
  });

  it("without the store follows old hints, for the pod is the arbiter, and fails for unknown uids", async () => {
    const { router, acquire, faulty, passMs } = setUp({ hintMaxAgeMs: 100 });
    await acquire(0);
    const before = await router.resolve("alice");
    faulty.fault = () => "before";
    passMs(5000);
    expect(await router.resolve("alice")).toEqual({ ...before, source: "hint" });
    await expect(router.resolve("bob")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  it("links once although the answer to the first try was lost", async () => {
    const { router, acquire, faulty } = setUp();
    await acquire(0);
    faulty.fault = (operation) => (operation === "linkIfAbsent" ? "after" : undefined);
    await expect(router.resolve("alice")).rejects.toMatchObject({ outcome: "unknown" });
    faulty.fault = () => undefined;
    expect(await router.resolve("alice")).toMatchObject({ pod: 0, source: "store" });
  });

  it("names a bad uid or option, its rule and its value", async () => {
    const { router } = setUp();
    for (const uid of ["", "a{b", "a}b", "a\nb", "x".repeat(513), "ü".repeat(257), "\ud800"]) {
      await expect(router.resolve(uid), JSON.stringify(uid)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    await expect(router.resolve(7 as unknown as string)).rejects.toThrow(/uid must be non-empty text .*, got 7/);
    const store: StatefulStore = new MemoryStore();
    expect(() => new StatefulRouter({ store, ...name, hintMaxAgeMs: -1 })).toThrow(/hintMaxAgeMs must be .*got -1/);
    for (const option of ["moveWaitMs", "maxWaiters"]) {
      expect(() => new StatefulRouter({ store, ...name, [option]: -1 })).toThrow(
        new RegExp(`${option} must be .*got -1`),
      );
    }
    expect(() => new StatefulRouter({ store, ...name, maxTakeOvers: 0 })).toThrow(/maxTakeOvers must be .*got 0/);
    const requireLabels = { zone: 7 } as unknown as Record<string, string>;
    expect(() => new StatefulRouter({ store, ...name, requireLabels })).toThrow(
      'requireLabels must be an object of texts, got {"zone":7}',
    );
    expect(() => new StatefulRouter({ store, ...name, linkLifetimeSeconds: 0 })).toThrow(
      /lifetimeSeconds must be an integer from 1/,
    );
    expect(() => new StatefulRouter({ store, namespace: "", service: "s" })).toThrow(/namespace must be/);
  });
});
