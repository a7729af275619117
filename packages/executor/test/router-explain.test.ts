import { describe, expect, it } from "vitest";
import { podStatus, setUp } from "./router-setup.ts";

const long = 60_000;

describe("StatefulRouter.explain", () => {
  it("tells of a uid without a link, and changes nothing", async () => {
    const { router, acquire, scope, passMs } = setUp({ requireLabels: { zone: "a" } });
    const labels = { zone: "a" };
    expect((await router.explain("alice")).summary).toBe('"alice" has no link, and no pod takes new uids.');
    await acquire(0, { labels, revision: "v1" }, long);
    await acquire(1, { labels, revision: "v1", held: 3, maxLinks: 3 }, long);
    await acquire(2, { labels, revision: "v1", state: "deny-new" }, long);
    await acquire(3, { revision: "v1" }, long);
    const sealed = await acquire(4, { labels }, long);
    await scope.releasePod(sealed);
    await acquire(5, { labels }, 100);
    passMs(101);
    await acquire(6, { labels, revision: "v2" }, long);
    const told = await router.explain("alice");
    expect(told).toEqual({
      uid: "alice",
      summary: '"alice" has no link: its next request places it, on one of these pods: 6.',
      link: undefined,
      hint: undefined,
      owner: undefined,
      candidates: [
        { pod: 0, verdict: "older revision" },
        { pod: 1, verdict: "full" },
        { pod: 2, verdict: "draining" },
        { pod: 3, verdict: "labels" },
        { pod: 4, verdict: "sealed" },
        { pod: 5, verdict: "lease ended" },
        { pod: 6, verdict: "ok" },
      ],
    });
    expect(await scope.getLinkedPod("alice")).toBeUndefined();
  });

  it("tells what stands in the store, what is remembered, and since when", async () => {
    const { router, acquire, scope, passMs } = setUp();
    const owner = await acquire(0, {}, long);
    const target = await acquire(1, {}, long);
    const { link } = await scope.setLinkedPodIfAbsent("alice", owner, 60);
    await router.resolve("alice");
    passMs(700);
    await scope.beginMove("alice", link, target, long);
    const told = await router.explain("alice");
    expect(told).toMatchObject({
      link: { ...link, moving: target },
      hint: { link, ageMs: 700 },
      owner: { record: { ...owner, address: "10.0.0.0:80" }, leaseLeftMs: long - 700, verdict: "serves" },
    });
    expect(told.summary).toBe('"alice" is linked to pod 0 (new), which lives and serves it. It is moving to pod 1.');
  });

  it("tells why an owner cannot serve", async () => {
    const { router, acquire, scope, passMs } = setUp();
    const verdictOn = async (uid: string) => {
      const { owner, summary } = await router.explain(uid);
      expect(summary).toMatch(/^".*" is linked to pod \d+ \(new\), .+\.$/);
      return owner?.verdict;
    };
    const first = await acquire(0);
    await scope.setLinkedPodIfAbsent("a", first, 3600);
    await scope.setLinkedPodIfAbsent("b", { pod: 7, incarnation: 1 }, 3600);
    await scope.setLinkedPodIfAbsent("c", { ...first, incarnation: first.incarnation + 1 }, 3600);
    expect(await verdictOn("a")).toBe("serves");
    expect(await verdictOn("b")).toBe("unknown pod");
    expect(await verdictOn("c")).toBe("later life");
    passMs(1001);
    expect(await verdictOn("a")).toBe("lease ended");
    await scope.renewPod(first, podStatus(0), 1000);
    await scope.releasePod(first, { returnMs: 500 });
    expect(await verdictOn("a")).toBe("sealed, expected back");
    passMs(500);
    expect(await verdictOn("a")).toBe("sealed");
    await acquire(0);
    expect(await verdictOn("a")).toBe("older life");
  });
});
