import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExecutorError } from "../src/errors.ts";
import type { Hint } from "../src/router/hints.ts";
import { StatefulRouter } from "../src/router/stateful-router.ts";
import { ServiceScope } from "../src/scope/service-scope.ts";
import type { StoreEvent } from "../src/store/answers.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import type { StatefulStore } from "../src/store/store.ts";
import { fresh, type StoreUnderTest } from "./contract/fixtures.ts";
import { podStatus, podsOn, setUp, stores } from "./router-setup.ts";
import { until } from "./waiting.ts";

const long = 60_000;

it("an old hint is followed while the store does not answer, and no longer than that", async () => {
  const memory = new MemoryStore();
  let hangs = false;
  const store = new Proxy(memory, {
    get: (target, operation: keyof StatefulStore) => {
      const method = (target[operation] as (...args: unknown[]) => unknown).bind(target);
      return (...args: unknown[]) => (hangs ? new Promise(() => undefined) : method(...args));
    },
  });
  const name = fresh();
  const scope = new ServiceScope(store, name);
  const { acquire } = podsOn(scope);
  await acquire(0, {}, long);
  using router = new StatefulRouter({ store, ...name, hintMaxAgeMs: 0, podRefreshMs: long });
  const { fence } = await router.resolve("alice");
  hangs = true;
  expect(await router.resolve("alice")).toMatchObject({ fence, source: "hint" });
  hangs = false;
  router.forget("alice");
  expect(await router.resolve("alice")).toMatchObject({ fence, source: "store" });
});

it("a hint is answered with the same route again, until the pod says another address", async () => {
  const { router, scope, acquire } = setUp();
  const owner = await acquire(0, {}, long);
  await router.resolve("alice");
  const route = router.peek("alice");
  expect(route).toMatchObject({ source: "hint", address: podStatus(0).address });
  expect(router.peek("alice")).toBe(route);
  await scope.renewPod(owner, podStatus(0, { address: "10.0.0.9:80" }), long);
  await router.refreshPods();
  expect(router.peek("alice")).toEqual({ ...route, address: "10.0.0.9:80" });
});

for (const [kind, open] of Object.entries(stores)) {
  describe(`StatefulRouter's hints on ${kind}`, () => {
    let opened: StoreUnderTest;
    let store: StatefulStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    /** A router that has heard the first gap, two pods, and a uid of the first that the router knows. */
    const withHint = async () => {
      const name = fresh();
      const scope = new ServiceScope(store, name);
      const { acquire } = podsOn(scope);
      const first = await acquire(0, {}, long);
      const second = await acquire(1, {}, long);
      const { link } = await scope.setLinkedPodIfAbsent("alice", first, 3600);
      const hints = new Map<string, Hint>();
      const router = new StatefulRouter({ store, ...name, nearCache: hints, hintMaxAgeMs: long, podRefreshMs: long });
      const heard: StoreEvent[] = [];
      const subscription = scope.subscribe((event) => heard.push(event));
      hints.set("before the gap", { link, readAtMs: 0 });
      await router.resolve("alice");
      await until("the first gap", () => heard.length > 0 && router.peek("before the gap") === undefined);
      hints.delete("before the gap");
      // While the store is slow an old hint is the answer.
      const isFresh = async () => (await router.resolve("alice")) && router.peek("alice") !== undefined;
      await until("a hint after the gap", isFresh);
      const end = (): void => {
        router.close();
        subscription[Symbol.dispose]();
      };
      return { scope, router, hints, first, second, link, heard, acquire, [Symbol.dispose]: end };
    };

    it("follow a link that changes hands, and go with one that is removed", async () => {
      using world = await withHint();
      const { scope, router, hints, second, link } = world;
      expect(router.peek("alice")).toMatchObject(link);
      const { link: moved } = await scope.commitMove("alice", link, second);
      await until("the news of the move", () => router.peek("alice")?.pod === 1);
      expect(router.peek("alice")).toMatchObject({ ...moved, source: "hint" });
      await scope.removeLinkedPod("alice");
      await until("the news of the removal", () => router.peek("alice") === undefined);
      expect(hints.size).toBe(0);
    });

    it("are not made for uids that nobody here asks for", async () => {
      using world = await withHint();
      const { scope, hints, first, heard } = world;
      await scope.setLinkedPodIfAbsent("bob", first, 3600);
      await until("the news of bob", () => heard.some((event) => event.kind === "link" && event.uid === "bob"));
      expect([...hints.keys()]).toEqual(["alice"]);
    });

    it("the pods are read again when one comes or goes", async () => {
      using world = await withHint();
      const { scope, router, first, second, acquire } = world;
      expect((await router.pods()).map(({ pod }) => pod)).toEqual([0, 1]);
      await acquire(2, {}, long);
      await until("the news of pod 2", async () => (await router.pods()).length === 3);
      await scope.renewPod(second, podStatus(1, { state: "deny-new" }), long);
      await until("the news of pod 1", async () => (await router.pods())[1]!.state === "deny-new");
      await scope.releasePod(first);
      await until("the end of pod 0", () => router.peek("alice") === undefined);
    });
  });
}

describe("StatefulRouter's hints", () => {
  it("keep the higher fence", async () => {
    const { router, scope, acquire, faulty } = setUp();
    let tell: (event: StoreEvent) => void = () => undefined;
    faulty.store.subscribe = (_service, listener) => {
      tell = listener;
      return { [Symbol.dispose]: () => undefined };
    };
    const first = await acquire(0);
    await acquire(1);
    const { link: old } = await scope.setLinkedPodIfAbsent("alice", first, 60);
    const { link } = await scope.setLinkedPod(
      "alice",
      { pod: 1, incarnation: (await router.pods())[1]!.incarnation },
      60,
    );
    expect(await router.resolve("alice")).toMatchObject(link);
    tell({ kind: "link", uid: "alice", link: old });
    expect(router.peek("alice")).toMatchObject(link);
    tell({ kind: "link", uid: "alice", link: { ...link, fence: link.fence + 1, moving: first } });
    expect(router.peek("alice")).toBeUndefined();
  });

  it("are dropped when a server was replaced, or news may have been missed", async () => {
    const { router, acquire, faulty, passMs } = setUp();
    let tell: (event: StoreEvent) => void = () => undefined;
    faulty.store.subscribe = (_service, listener) => {
      tell = listener;
      return { [Symbol.dispose]: () => undefined };
    };
    let replication = "one";
    faulty.store.replication = async () => replication;
    await acquire(0, {}, long);
    await router.resolve("alice");
    passMs(1000);
    expect(router.peek("alice")).toBeDefined();
    replication = "two";
    passMs(1000);
    router.peek("alice");
    await until("the answer", () => router.peek("alice") === undefined);
    expect((await router.resolve("alice")).source).toBe("store");
    faulty.store.replication = () => Promise.reject(new Error("away"));
    passMs(1000);
    expect(router.peek("alice")).toBeDefined();
    tell({ kind: "gap" });
    expect(router.peek("alice")).toBeUndefined();
    // Better than nothing: the store whose news were interrupted may be away altogether.
    faulty.fault = () => "before";
    expect(await router.resolve("alice")).toMatchObject({ pod: 0, source: "hint" });
  });

  it("lead to a living pod while the store has lost the link: who knows the holder does not place the uid anew", async () => {
    const { router, scope, acquire, faulty, passMs } = setUp({ hintMaxAgeMs: 100 });
    faulty.store.subscribe = () => ({ [Symbol.dispose]: () => undefined });
    const owner = await acquire(0, {}, long);
    await acquire(1, {}, long);
    const { link } = await scope.setLinkedPodIfAbsent("alice", owner, 3600);
    await router.resolve("alice");
    await scope.removeLinkedPod("alice");
    passMs(200);
    expect(await router.resolve("alice")).toMatchObject({ ...link, source: "hint" });
    expect(await scope.getLinkedPod("alice")).toBeUndefined();
    router.forget("alice");
    expect((await router.resolve("alice")).source, "the pod has refused it").toBe("placed");
    await scope.removeLinkedPod("alice");
    passMs(long);
    await acquire(2, {}, long);
    expect(await router.resolve("alice"), "its lease has ended").toMatchObject({ pod: 2, source: "placed" });
  });

  it("lead to a pod whose record the store has lost, until its lease would have ended", async () => {
    const { router, acquire, faulty, passMs } = setUp({ hintMaxAgeMs: 100 });
    await acquire(0, {}, long);
    await router.resolve("alice");
    faulty.store.pods = async () => [];
    passMs(1000);
    await router.refreshPods();
    expect(await router.resolve("alice")).toMatchObject({ pod: 0 });
    passMs(long);
    await router.refreshPods();
    expect(await router.pods()).toEqual([]);
  });

  it("are followed while calls to a Cluster are sent in a circle", async () => {
    const { router, acquire, faulty, passMs } = setUp({ hintMaxAgeMs: 100 });
    await acquire(0, {}, long);
    await router.resolve("alice");
    passMs(200);
    const moved = new ExecutorError("TOPOLOGY", "Too many Cluster redirections", { retryable: true });
    faulty.store.getLink = () => Promise.reject(moved);
    expect(await router.resolve("alice")).toMatchObject({ pod: 0, source: "hint" });
    await expect(router.resolve("bob")).rejects.toBe(moved);
  });

  it("outlive news of pods that cannot be read", async () => {
    const { router, acquire, faulty } = setUp();
    await acquire(0);
    await router.resolve("alice");
    faulty.fault = (operation) => (operation === "pods" ? "before" : undefined);
    await acquire(1);
    await until("the read that fails", () => faulty.calls.at(-1) === "pods");
    expect(router.peek("alice")).toMatchObject({ pod: 0 });
    faulty.fault = () => undefined;
    expect(await router.pods()).toHaveLength(2);
  });

  it("many pods that change at once cost few reads of the table", async () => {
    const { router, acquire, faulty } = setUp();
    await acquire(0);
    await router.resolve("alice");
    faulty.calls.length = 0;
    for (let pod = 1; pod <= 50; pod++) await acquire(pod);
    await until("the last pod", async () => (await router.pods()).length === 51);
    expect(faulty.calls.filter((call) => call === "pods").length).toBeLessThan(50);
  });
});

describe("a router that is closed", () => {
  it("refuses calls, listens no more, and leaves the store to its owner", async () => {
    const { router, acquire, scope, faulty } = setUp();
    await acquire(0);
    await router.resolve("alice");
    router.close();
    router.close();
    router[Symbol.dispose]();
    const closed = { code: "CLOSED", retryable: false };
    await expect(router.resolve("alice")).rejects.toMatchObject(closed);
    await expect(router.resolveMany(["alice"])).rejects.toMatchObject(closed);
    await expect(router.move("alice")).rejects.toMatchObject(closed);
    await expect(router.release("alice")).rejects.toMatchObject(closed);
    await expect(router.learn("alice", 0)).rejects.toMatchObject(closed);
    await expect(router.explain("alice")).rejects.toMatchObject(closed);
    await expect(router.rebalance({ budget: { moves: 1 } })).rejects.toMatchObject(closed);
    expect(() => router.watch()).toThrow("the router is closed");
    expect(router.peek("alice")).toBeUndefined();
    faulty.calls.length = 0;
    await acquire(1);
    expect(faulty.calls).toEqual(["acquirePod"]);
    expect(await scope.getLinkedPod("alice")).toBeDefined();
  });

  it("was never heard of by the store if it was never used", async () => {
    const { router, faulty } = setUp();
    faulty.store.subscribe = () => {
      throw new Error("subscribed");
    };
    router.close();
    expect(faulty.calls).toEqual([]);
  });

  it("tells that its store is closed", async () => {
    const { router, faulty } = setUp();
    await faulty.store.close();
    await expect(router.resolve("alice")).rejects.toMatchObject({ code: "CLOSED" });
  });
});
