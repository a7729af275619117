import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisForTests } from "../../../tools/redis-server.ts";
import { RedisStore } from "../src/redis.ts";
import { StatefulRouter } from "../src/router/stateful-router.ts";
import type { WatchEvent } from "../src/router/watch.ts";
import { ServiceScope } from "../src/scope/service-scope.ts";
import type { StoreEvent } from "../src/store/answers.ts";
import { fresh } from "./contract/fixtures.ts";
import { podsOn, setUp } from "./router-setup.ts";
import { isPending, patient } from "./waiting.ts";

const resync: WatchEvent = { kind: "resync" };

/** A router whose store says what the test wants. */
const withTell = () => {
  const world = setUp();
  let tell: (event: StoreEvent) => void = () => undefined;
  let listeners = 0;
  world.faulty.store.subscribe = (_service, listener) => {
    tell = listener;
    listeners++;
    return { [Symbol.dispose]: () => void listeners-- };
  };
  return { ...world, tell: (event: StoreEvent) => tell(event), listeners: () => listeners };
};

describe("StatefulRouter.watch", () => {
  it("begins with a resync, tells what happens, and ends where the loop ends", async () => {
    const { router, scope, acquire } = setUp();
    const heard: WatchEvent[] = [];
    const watch = router.watch();
    expect(await watch.next()).toEqual({ done: false, value: resync });
    const owner = await acquire(0);
    const { link } = await scope.setLinkedPodIfAbsent("alice", owner, 60);
    await scope.sendLetters(0, ["not told"]);
    await scope.removeLinkedPod("alice");
    for await (const event of watch) {
      heard.push(event);
      if (event.kind === "link" && !event.link) break;
    }
    expect(heard).toEqual([
      { kind: "pod", pod: 0 },
      { kind: "link", uid: "alice", link },
      { kind: "link", uid: "alice", link: undefined },
    ]);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  it("replaces what waits by one resync after a gap, and when too much waits", async () => {
    const { router, tell } = withTell();
    const watch = router.watch({ maxQueued: 3 });
    for (const pod of [0, 1, 2]) tell({ kind: "pod", pod });
    tell({ kind: "gap" });
    tell({ kind: "pod", pod: 3 });
    expect((await watch.next()).value).toEqual(resync);
    expect((await watch.next()).value).toEqual({ kind: "pod", pod: 3 });
    for (const pod of [4, 5, 6, 7]) tell({ kind: "pod", pod });
    tell({ kind: "pod", pod: 8 });
    expect((await watch.next()).value).toEqual(resync);
    expect((await watch.next()).value).toEqual({ kind: "pod", pod: 8 });
    expect(await isPending(watch.next())).toBe(true);
    await watch.return();
  });

  it("ends with its signal, with return, and with the router", async () => {
    const { router, tell, listeners } = withTell();
    const abort = new AbortController();
    const watches = [router.watch({ signal: abort.signal }), router.watch(), router.watch()];
    expect(listeners()).toBe(3);
    const waiting = watches.map((watch) => watch.next());
    expect(await isPending(Promise.race(waiting))).toBe(true);
    const done = { done: true, value: undefined };
    abort.abort();
    expect(await waiting[0]).toEqual(done);
    await watches[1]!.return();
    expect(await waiting[1]).toEqual(done);
    await using third = watches[2]!;
    tell({ kind: "gap" });
    tell({ kind: "gap" });
    expect(await waiting[2]).toEqual({ done: false, value: resync });
    router.close();
    expect(await third.next()).toEqual(done);
    expect(listeners()).toBe(0);
  });

  it("does not begin with a signal that has fired, and names a bad bound", async () => {
    const { router, listeners } = withTell();
    const watch = router.watch({ signal: AbortSignal.abort() });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    expect(listeners()).toBe(0);
    expect(() => router.watch({ maxQueued: 0 })).toThrow(/maxQueued must be a number from 1/);
  });
});

describe("StatefulRouter.watch on Redis", () => {
  let redis: Awaited<ReturnType<typeof redisForTests>>;
  beforeAll(async () => {
    redis = await redisForTests();
  });
  afterAll(() => redis?.[Symbol.asyncDispose]());

  it("tells each of two watchers everything in its order", async () => {
    const store = new RedisStore({ url: redis.url, ...patient });
    const name = fresh();
    const scope = new ServiceScope(store, name);
    const router = new StatefulRouter({ store, ...name });
    const watches = [router.watch(), router.watch()];
    for (const watch of watches) expect((await watch.next()).value).toEqual(resync);
    const owner = await podsOn(scope).acquire(0, {}, 60_000);
    const uids = Array.from({ length: 100 }, (_, index) => `u${index}`);
    for (const uid of uids) await scope.setLinkedPodIfAbsent(uid, owner, 60);
    for (const watch of watches) {
      expect((await watch.next()).value).toEqual({ kind: "pod", pod: 0 });
      for (const uid of uids) {
        const link = await scope.getLinkedPod(uid);
        expect((await watch.next()).value).toEqual({ kind: "link", uid, link });
      }
    }
    router.close();
    await store.close();
  });
});
