import { describe, expect, it } from "vitest";
import { ExecutorError } from "../src/errors.ts";
import { setUp } from "./router-setup.ts";
import { isPending } from "./waiting.ts";

const long = 60_000;

describe("StatefulRouter.resolveMany", () => {
  it("answers each uid, with one read for those that have a living owner", async () => {
    const { router, acquire, scope, passLeases, faulty } = setUp();
    const dead = await acquire(0);
    const living = await acquire(1);
    await scope.setLinkedPodIfAbsent("orphan", dead, 3600);
    const uids = Array.from({ length: 500 }, (_, index) => `u${index}`);
    for (const uid of uids) await scope.setLinkedPodIfAbsent(uid, living, 3600);
    await passLeases(2, living);
    await router.resolve("u0");
    faulty.calls.length = 0;
    const routes = await router.resolveMany([...uids, "orphan", "new", "u1"]);
    expect(routes.size).toBe(502);
    for (const uid of uids) expect(routes.get(uid)).toMatchObject({ pod: 1, source: uid === "u0" ? "hint" : "store" });
    expect(routes.get("orphan")).toMatchObject({ pod: 1, source: "taken-over" });
    expect(routes.get("new")).toMatchObject({ pod: 1, source: "placed" });
    expect(faulty.calls.filter((call) => call === "getLinks")).toHaveLength(1);
    expect(faulty.calls).not.toContain("getLink");
    expect(
      [...(await router.resolveMany(uids)).values()].every((route) => "source" in route && route.source === "hint"),
    ).toBe(true);
    expect((await router.resolveMany([])).size).toBe(0);
  });

  it("reads more uids than fit into one call", async () => {
    const { router, acquire, scope, faulty } = setUp({ nearCache: new Map() });
    const owner = await acquire(0);
    const uids = Array.from({ length: 5000 }, (_, index) => `u${index}`);
    for (const uid of uids) await scope.setLinkedPodIfAbsent(uid, owner, 3600);
    expect((await router.resolveMany(uids)).size).toBe(5000);
    expect(faulty.calls.filter((call) => call === "getLinks")).toHaveLength(2);
  });

  it("answers with errors where there is no route, and with old hints where the store is away", async () => {
    const { router, acquire, faulty, passMs } = setUp({ hintMaxAgeMs: 100 });
    const none = await router.resolveMany(["alice"]);
    expect(none.get("alice")).toBeInstanceOf(ExecutorError);
    expect(none.get("alice")).toMatchObject({ code: "NO_LIVE_POD" });
    await acquire(0, {}, long);
    passMs(501);
    await router.resolve("alice");
    passMs(5000);
    faulty.fault = () => "before";
    const routes = await router.resolveMany(["alice", "bob"]);
    expect(routes.get("alice")).toMatchObject({ pod: 0, source: "hint" });
    expect(routes.get("bob")).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("waits for uids that move, together with the others, until the deadline", async () => {
    const { router, acquire, scope } = setUp();
    const [first, second] = [await acquire(0, {}, long), await acquire(1, {}, long)];
    const { link } = await scope.setLinkedPodIfAbsent("alice", first, 3600);
    await scope.setLinkedPodIfAbsent("bob", first, 3600);
    await scope.beginMove("alice", link, second, long);
    const late = await router.resolveMany(["alice", "bob"], { timeoutMs: 50 });
    expect(late.get("alice")).toMatchObject({ code: "TIMEOUT" });
    expect(late.get("bob")).toMatchObject(first);
    const routes = router.resolveMany(["alice", "bob"]);
    expect(await isPending(routes)).toBe(true);
    await scope.commitMove("alice", link, second);
    expect((await routes).get("alice")).toMatchObject(second);
    const aborted = await router.resolveMany(["carol"], { signal: AbortSignal.abort() });
    expect(aborted.get("carol")).toMatchObject({ code: "ABORTED" });
  });

  it("refuses bad uids at once", async () => {
    const { router, faulty } = setUp();
    await expect(router.resolveMany(["good", ""])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(faulty.calls).not.toContain("getLinks");
  });
});
