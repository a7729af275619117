import { describe, expect, it } from "vitest";
import { StatefulRouter } from "../src/router/stateful-router.ts";
import type { StatefulStore } from "../src/store/store.ts";
import type { Owner } from "../src/types.ts";
import { name, podStatus, setUp } from "./router-setup.ts";
import { patienceMs } from "./waiting.ts";

const uids = (count: number): string[] => Array.from({ length: count }, (_, index) => `u${index}`);

/** A store that answers each call a turn later, and how many calls of each kind it was asked at once and in all. */
const counting = (store: StatefulStore) => {
  const running = new Map<string, number>();
  const peaks = new Map<string, number>();
  const totals = new Map<string, number>();
  const counted = new Proxy(store, {
    get(target, operation: string) {
      const method = Reflect.get(target, operation).bind(target);
      if (operation === "subscribe") return method;
      return async (...args: unknown[]) => {
        const now = (running.get(operation) ?? 0) + 1;
        running.set(operation, now);
        peaks.set(operation, Math.max(peaks.get(operation) ?? 0, now));
        totals.set(operation, (totals.get(operation) ?? 0) + 1);
        await new Promise((resolve) => setImmediate(resolve));
        try {
          return await method(...args);
        } finally {
          running.set(operation, running.get(operation)! - 1);
        }
      };
    },
  });
  return { store: counted, peaks, totals };
};

/** A pod that held many uids is dead, two are alive. */
const afterDeath = async (count: number) => {
  const world = setUp();
  const dead = await world.acquire(0);
  const living: Owner[] = [await world.acquire(1), await world.acquire(2)];
  for (const uid of uids(count)) await world.scope.setLinkedPodIfAbsent(uid, dead, 3600);
  await world.passLeases(2, ...living);
  return { ...world, dead, living };
};

describe("StatefulRouter under many calls", () => {
  it("has one conversation with the store per uid", async () => {
    const { faulty, clock, acquire } = setUp();
    await acquire(0);
    const { store, totals } = counting(faulty.store);
    const router = new StatefulRouter({ store, ...name, clock });
    const routes = await Promise.all(Array.from({ length: 1000 }, () => router.resolve("alice")));
    expect(new Set(routes.map(({ fence }) => fence)).size).toBe(1);
    expect(Object.fromEntries(totals)).toMatchObject({ getLink: 1, linkIfAbsent: 1 });
  });

  it("takes 20,000 uids of a dead pod over at its pace, each once, whoever asks", {
    timeout: 20 * patienceMs,
  }, async () => {
    const count = 20_000;
    const { faulty, clock, living, dead, scope } = await afterDeath(count);
    const { store, peaks, totals } = counting(faulty.store);
    const changes: string[] = [];
    using _ = scope.subscribe((event) => event.kind === "link" && changes.push(event.uid));
    const options = { store, ...name, clock, maxTakeOvers: 32, maxWaiters: count, nearCache: new Map() };
    const [router, other] = [new StatefulRouter(options), new StatefulRouter({ ...options, nearCache: new Map() })];
    const resolveAll = (by: StatefulRouter, some: string[]) => Promise.all(some.map((uid) => by.resolve(uid)));
    const [routes, others] = await Promise.all([
      resolveAll(router, uids(count)),
      resolveAll(other, uids(2000).reverse()),
    ]);
    const fences = new Map(routes.map(({ fence }, index) => [`u${index}`, fence]));
    expect(others.reverse().map(({ fence }) => fence)).toEqual(uids(2000).map((uid) => fences.get(uid)));
    expect(new Set(routes.map(({ pod }) => pod))).toEqual(new Set(living.map(({ pod }) => pod)));
    expect(routes.every(({ origin }) => origin === "takeover")).toBe(true);
    expect(changes, "each changed hands once").toHaveLength(count);
    expect(new Set(changes).size).toBe(count);
    const stored = await scope.batchGetLinkedPod(uids(4096));
    expect([...stored.values()].every(({ pod }) => pod !== dead.pod)).toBe(true);
    expect(peaks.get("takeOver"), "32 by each router").toBeLessThanOrEqual(64);
    expect(peaks.get("sealPod")).toBeLessThanOrEqual(2);
    expect(totals.get("sealPod")).toBeLessThanOrEqual(64);
  });

  it("lets a bounded number wait for a take-over, and serves the others when they come again", async () => {
    const count = 200;
    const { faulty, clock } = await afterDeath(count);
    const { store, peaks } = counting(faulty.store);
    const router = new StatefulRouter({ store, ...name, clock, maxTakeOvers: 4, maxWaiters: 10 });
    const outcomes = await Promise.allSettled(uids(count).map((uid) => router.resolve(uid)));
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(count - 14);
    expect(refused).toMatchObject(
      refused.map(() => ({ reason: { code: "OVERLOADED", retryable: true, retryAfterMs: 1000 } })),
    );
    const again = await Promise.all(uids(count).map((uid) => router.resolve(uid, { timeoutMs: 60_000 })));
    expect(again).toHaveLength(count);
    expect(peaks.get("takeOver")).toBe(4);
  });

  it("frees the places of take-overs that failed", async () => {
    const { faulty, clock, passMs } = await afterDeath(10);
    faulty.fault = (operation) => (operation === "takeOver" ? "before" : undefined);
    const router = new StatefulRouter({ store: faulty.store, ...name, clock, maxTakeOvers: 1 });
    const outcomes = await Promise.allSettled(uids(10).map((uid) => router.resolve(uid)));
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    faulty.fault = () => undefined;
    passMs(1);
    expect(await router.resolve("u0")).toMatchObject({ source: "taken-over" });
  });

  it("spreads a burst over pods that take a bounded number, and overfills none", async () => {
    const { faulty, clock, scope, router, acquire } = setUp();
    const small = await acquire(0, { maxLinks: 30, held: 10 }, 60_000);
    await acquire(1, { maxLinks: 50, held: 0 }, 60_000);
    const routes = await Promise.all(uids(70).map((uid) => router.resolve(uid)));
    const placed = Map.groupBy(routes, ({ pod }) => pod);
    expect([placed.get(0)!.length, placed.get(1)!.length]).toEqual([20, 50]);
    await expect(router.resolve("one-more")).rejects.toThrow(/no pod .* takes new links \(0: full, 1: full\)/);
    await scope.renewPod(small, podStatus(0, { maxLinks: 30, held: 29 }), 60_000);
    expect(await new StatefulRouter({ store: faulty.store, ...name, clock }).resolve("one-more")).toMatchObject({
      pod: expect.any(Number),
    });
    await router.refreshPods();
    expect(await router.resolve("the-last")).toMatchObject({ pod: 0 });
  });

  it("places on pods with the labels asked for, of the newest revision", async () => {
    const { acquire, faulty, clock, passMs } = setUp();
    await acquire(0, { labels: { zone: "a" }, revision: "v1" });
    passMs(1);
    await acquire(1, { labels: { zone: "a" }, revision: "v2" });
    await acquire(2, { labels: { zone: "b" }, revision: "v2" });
    const routerFor = (options: object) => new StatefulRouter({ store: faulty.store, ...name, clock, ...options });
    const podsOf = async (prefix: string, options: object) => {
      const router = routerFor(options);
      const routes = await Promise.all(uids(50).map((uid) => router.resolve(prefix + uid)));
      return [...new Set(routes.map(({ pod }) => pod))].sort();
    };
    expect(await podsOf("a", { requireLabels: { zone: "a" } })).toEqual([1]);
    expect(await podsOf("b", {})).toEqual([1, 2]);
    expect(await podsOf("c", { preferNewestRevision: false })).toEqual([0, 1, 2]);
    await expect(routerFor({ requireLabels: { zone: "c" } }).resolve("d")).rejects.toMatchObject({
      code: "NO_LIVE_POD",
    });
  });
});
