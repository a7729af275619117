import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatefulStore } from "../../src/store/store.ts";
import type { Link, Owner, PodStatus } from "../../src/types.ts";
import { eventually, fresh, type StoreUnderTest } from "./fixtures.ts";

const status: PodStatus = { address: "127.0.0.1:4000", revision: "v1", state: "ready", load: 0.25 };

/** What every store must do for links that have owners, fences and lifetimes. */
export const linksContract = (name: string, open: () => Promise<StoreUnderTest>): void => {
  describe.concurrent(`${name}: links and fences`, () => {
    let opened: StoreUnderTest;
    let store: StatefulStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    const owner: Owner = { pod: 0, incarnation: 1_700_000_000_000_001 };
    const other: Owner = { pod: 1, incarnation: 1_700_000_000_000_002 };
    const newName = () => ({ ...fresh(), uid: "user:7 ü" });

    it("links once: the second caller is told the first one's pod", async () => {
      const link = newName();
      expect(await store.getLink(link)).toBeUndefined();
      const first = await store.linkIfAbsent(link, owner, "persistent");
      expect(first).toMatchObject({
        created: true,
        link: { ...owner, lifetimeSeconds: "persistent", origin: "new" },
      });
      expect(await store.linkIfAbsent(link, other, 60)).toEqual({ created: false, link: first.link });
      expect(await store.getLink(link)).toEqual(first.link);
      expect(Number.isSafeInteger(first.link.fence)).toBe(true);
    });

    it("gives one winner to many callers at once", async () => {
      const link = newName();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, pod) => store.linkIfAbsent(link, { ...owner, pod }, 60)),
      );
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(answers.map((answer) => answer.link.pod)).size).toBe(1);
    });

    it("keeps services and uids apart, also those with colons", async () => {
      const service = fresh();
      await store.linkIfAbsent({ ...service, uid: "a:b" }, owner, 60);
      expect(await store.getLink({ ...service, uid: "a" })).toBeUndefined();
      expect(await store.getLink({ ...service, uid: "a:b:c" })).toBeUndefined();
      expect(await store.getLink({ ...fresh(), uid: "a:b" })).toBeUndefined();
    });

    it("lets a temporary link expire", async () => {
      const link = newName();
      await store.linkIfAbsent(link, owner, 1);
      await eventually(async () => (await store.getLink(link)) === undefined);
      expect((await store.linkIfAbsent(link, other, 60)).created).toBe(true);
    });

    it("takes over exactly the expected link, with a greater fence and the same lifetime", async () => {
      const link = newName();
      const { link: before } = await store.linkIfAbsent(link, owner, 60);
      const { link: after, taken } = await store.takeOver(link, before, other);
      expect(taken).toBe(true);
      expect(after).toMatchObject({ ...other, lifetimeSeconds: 60, origin: "takeover" });
      expect(after!.fence).toBeGreaterThan(before.fence);
      expect(await store.takeOver(link, before, other), "sent twice").toEqual({ link: after, taken: true });
      expect(await store.takeOver(link, before, { ...owner, pod: 5 })).toEqual({ link: after, taken: false });
      expect(await store.getLink(link)).toEqual(after);
    });

    it("names a take-over by the next life of the same pod a restart", async () => {
      const link = newName();
      const { link: before } = await store.linkIfAbsent(link, owner, "persistent");
      const { link: after } = await store.takeOver(link, before, { ...owner, incarnation: owner.incarnation + 1 });
      expect(after).toMatchObject({ pod: owner.pod, origin: "restart", lifetimeSeconds: "persistent" });
    });

    it("takes nothing over where there is no link", async () => {
      const gone: Link = { ...owner, fence: 5, lifetimeSeconds: 60, origin: "new" };
      expect(await store.takeOver(newName(), gone, other)).toEqual({ link: undefined, taken: false });
    });

    it("raises the fence across removal", async () => {
      const link = newName();
      const { link: first } = await store.linkIfAbsent(link, owner, 60);
      expect(await store.removeLink(link)).toBe(true);
      expect(await store.removeLink(link)).toBe(false);
      const { link: second } = await store.linkIfAbsent(link, owner, 60);
      expect(second.fence).toBeGreaterThan(first.fence);
    });

    it("removes with an expectation only what was expected", async () => {
      const link = newName();
      const { link: stored } = await store.linkIfAbsent(link, owner, 60);
      expect(await store.removeLink(link, { ...stored, fence: stored.fence + 1 })).toBe(false);
      expect(await store.removeLink(link, { ...stored, incarnation: 1 })).toBe(false);
      expect(await store.removeLink(link, stored)).toBe(true);
    });

    it("renews what is held, and tells what stands there otherwise", async () => {
      const service = fresh();
      const uids = ["kept", "forever", "taken", "gone"];
      const links: Link[] = [];
      for (const uid of uids) {
        const lifetimeSeconds = uid === "forever" ? "persistent" : 60;
        links.push((await store.linkIfAbsent({ ...service, uid }, owner, lifetimeSeconds)).link);
      }
      const { link: taken } = await store.takeOver({ ...service, uid: "taken" }, links[2]!, other);
      await store.removeLink({ ...service, uid: "gone" });
      const held = uids.map((uid, index) => ({ uid, ...links[index]! }));
      const [kept, forever, lost, gone] = await store.renewLinks(service, owner, held);
      expect(kept).toMatchObject({ kept: true, link: links[0] });
      expect((kept as { leftMs: number }).leftMs).toBeGreaterThan(0);
      expect(forever).toEqual({ kept: true, link: links[1], leftMs: Number.POSITIVE_INFINITY });
      expect(lost).toEqual({ kept: false, link: taken });
      expect(gone).toEqual({ kept: false, link: undefined });
      expect(await store.renewLinks(service, owner, [])).toEqual([]);
    });

    it("gives a link its whole lifetime again by a renewal", async () => {
      const link = newName();
      const { link: stored } = await store.linkIfAbsent(link, owner, 600);
      await sleep(1000);
      const [renewal] = await store.renewLinks(link, owner, [{ uid: link.uid, ...stored }]);
      expect(renewal).toMatchObject({ kept: true });
      const { leftMs } = renewal as { leftMs: number };
      expect([leftMs > 599_500, leftMs <= 600_000]).toEqual([true, true]);
    });

    it("writes a lost link again for its holder, with the same fence, but never over another owner", async () => {
      const service = fresh();
      const missing = { uid: "missing", fence: 1_700_000_000_000_009, lifetimeSeconds: 60, origin: "move" as const };
      const foreign = { ...missing, uid: "foreign" };
      const { link: theirs } = await store.linkIfAbsent({ ...service, uid: "foreign" }, other, 60);
      const [rewritten, refused] = await store.renewLinks(service, owner, [missing, foreign], {
        reassertUntilMs: Number.MAX_SAFE_INTEGER / 1000,
      });
      expect(rewritten).toMatchObject({
        kept: true,
        link: { ...owner, fence: missing.fence, lifetimeSeconds: 60, origin: "move" },
      });
      expect(refused).toEqual({ kept: false, link: theirs });
    });

    it("writes nothing again after the moment for which it was meant", async () => {
      const service = fresh();
      const missing = { uid: "missing", fence: 1_700_000_000_000_009, lifetimeSeconds: 60, origin: "move" as const };
      const { nowMs } = (await store.renewPod(service, owner, status, 60_000)) as { nowMs: number };
      const late = await store.renewLinks(service, owner, [missing], { reassertUntilMs: nowMs - 1 });
      expect(late).toEqual([{ kept: false, link: undefined }]);
    });
  });
};
