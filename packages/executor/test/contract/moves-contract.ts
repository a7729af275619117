import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoreEvent } from "../../src/store/answers.ts";
import type { StatefulStore } from "../../src/store/store.ts";
import type { Owner, PodStatus, Tenure } from "../../src/types.ts";
import { eventually, fresh, type StoreUnderTest } from "./fixtures.ts";

const owner: Owner = { pod: 0, incarnation: 1_700_000_000_000_001 };
const target: Owner = { pod: 1, incarnation: 1_700_000_000_000_002 };
const status: PodStatus = { address: "127.0.0.1:4000", revision: "v1", state: "ready", load: 0 };
const long = 60_000;

/** What every store must do for uids that change hands as planned. */
export const movesContract = (name: string, open: () => Promise<StoreUnderTest>): void => {
  describe.concurrent(`${name}: moves contract`, () => {
    let opened: StoreUnderTest;
    let store: StatefulStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    const linked = async (lifetimeSeconds: number | "persistent" = 60) => {
      const link = { ...fresh(), uid: "room:1 ü" };
      const { link: stored } = await store.linkIfAbsent(link, owner, lifetimeSeconds);
      const tenure: Tenure = { ...owner, fence: stored.fence };
      return { link, stored, tenure };
    };

    it("marks a link as moving, keeps its owner, and takes the mark away", async () => {
      const { link, stored, tenure } = await linked();
      const marked = await store.beginMove(link, tenure, target, long);
      expect(marked).toEqual({ done: true, link: { ...stored, moving: target } });
      expect(await store.beginMove(link, tenure, target, long), "sent twice").toEqual(marked);
      expect(await store.getLink(link)).toEqual(marked.link);
      expect((await store.getLinks(link, [link.uid]))[0]).toEqual(marked.link);
      expect(await store.linkIfAbsent(link, target, 60)).toEqual({ link: marked.link, created: false });
      expect(await store.cancelMove(link, tenure)).toEqual({ done: true, link: stored });
      expect(await store.getLink(link)).toEqual(stored);
    });

    it("marks nothing for another tenure, or where there is no link", async () => {
      const { link, stored, tenure } = await linked();
      for (const wrong of [
        { ...tenure, fence: tenure.fence + 1 },
        { ...tenure, incarnation: 1 },
        { ...tenure, pod: 7 },
      ]) {
        expect(await store.beginMove(link, wrong, target, long)).toEqual({ done: false, link: stored });
        expect(await store.commitMove(link, wrong, target, "s")).toEqual({ done: false, link: stored });
        expect(await store.keepState(link, wrong, "s")).toEqual({ done: false, link: stored });
        expect(await store.cancelMove(link, wrong)).toEqual({ done: false, link: stored });
      }
      const nowhere = { ...fresh(), uid: "none" };
      expect(await store.beginMove(nowhere, tenure, target, long)).toEqual({ done: false, link: undefined });
      expect(await store.commitMove(nowhere, tenure, target)).toEqual({ done: false, link: undefined });
    });

    it("keeps the mark through renewals, until its time is over", async () => {
      const { link, stored, tenure } = await linked();
      const held = { uid: link.uid, ...stored };
      await store.beginMove(link, tenure, target, long);
      expect(await store.renewLinks(link, owner, [held])).toMatchObject([{ kept: true, link: { moving: target } }]);
      await store.beginMove(link, tenure, target, 1);
      await eventually(async () => {
        const [renewal] = await store.renewLinks(link, owner, [held]);
        return renewal?.kept === true && renewal.link.moving === undefined;
      });
      expect(await store.getLink(link)).toEqual(stored);
    });

    for (const lifetimeSeconds of [60, "persistent"] as const) {
      it(`gives a ${lifetimeSeconds} link to the target under a greater fence`, async () => {
        const { link, stored, tenure } = await linked(lifetimeSeconds);
        await store.beginMove(link, tenure, target, long);
        const moved = await store.commitMove(link, tenure, target, "seven");
        expect(moved).toEqual({ done: true, link: { ...stored, ...target, fence: moved.link!.fence, origin: "move" } });
        expect(moved.link!.fence).toBeGreaterThan(stored.fence);
        expect(await store.commitMove(link, tenure, target, "seven"), "sent twice").toEqual(moved);
        expect(await store.commitMove(link, tenure, { ...target, pod: 3 })).toEqual({ done: false, link: moved.link });
        expect(await store.getLink(link)).toEqual(moved.link);
      });
    }

    it("hands text and bytes over as they are, until the target has taken them up", async () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      for (const state of ["", "text: 7 ü \u0000", bytes]) {
        const { link, tenure } = await linked();
        const { link: moved } = await store.commitMove(link, tenure, target, state);
        const next = { ...target, fence: moved!.fence };
        const taken = await store.takeUpLink(link, next);
        expect(taken).toMatchObject({ kept: true, link: moved });
        expect(taken.state).toEqual(state);
        expect((await store.takeUpLink(link, next)).state, "sent twice").toEqual(state);
        await store.commitMove(link, tenure, target, "again");
        expect((await store.takeUpLink(link, next)).state, "a late repetition").toEqual(state);
        await store.dropState(link, next.fence);
        await store.dropState(link, next.fence);
        expect(await store.takeUpLink(link, next)).toEqual({ kept: true, link: moved, leftMs: expect.any(Number) });
      }
    });

    it("takes up nothing for whom the link does not name", async () => {
      const { link, tenure } = await linked();
      const { link: moved } = await store.commitMove(link, tenure, target, "s");
      expect(await store.takeUpLink(link, tenure)).toEqual({ kept: false, link: moved });
      expect(await store.takeUpLink({ ...fresh(), uid: "u" }, tenure)).toEqual({ kept: false, link: undefined });
    });

    it("lets a state that was not taken up go along with take-overs, and no other", async () => {
      const { link, tenure } = await linked();
      const { link: moved } = await store.commitMove(link, tenure, target, "precious");
      const third = { pod: 2, incarnation: 1_700_000_000_000_003 };
      const { link: taken } = await store.takeOver(link, moved!, third);
      expect((await store.takeUpLink(link, { ...third, fence: taken!.fence })).state).toBe("precious");
      await store.dropState(link, taken!.fence);
      const { link: again } = await store.takeOver(link, taken!, owner);
      expect((await store.takeUpLink(link, { ...owner, fence: again!.fence })).state).toBeUndefined();
    });

    it("keeps a state beside the link for the next owner, or throws it away with the link", async () => {
      const { link, stored, tenure } = await linked();
      expect(await store.keepState(link, tenure, "kept")).toEqual({ done: true, link: stored });
      const next = { ...owner, incarnation: owner.incarnation + 1 };
      const { link: taken } = await store.takeOver(link, stored, next);
      expect((await store.takeUpLink(link, { ...next, fence: taken!.fence })).state).toBe("kept");
      await store.removeLink(link);
      const { link: fresher } = await store.linkIfAbsent(link, next, 60);
      expect((await store.takeUpLink(link, { ...next, fence: fresher.fence })).state).toBeUndefined();
    });

    it("takes a moving link over like any other", async () => {
      const { link, tenure } = await linked();
      const { link: marked } = await store.beginMove(link, tenure, target, long);
      const { link: taken, taken: done } = await store.takeOver(link, marked!, target);
      expect(done).toBe(true);
      expect(taken).toMatchObject({ ...target, origin: "takeover" });
      expect(taken!.moving).toBeUndefined();
      expect(await store.commitMove(link, tenure, { ...target, pod: 9 })).toEqual({ done: false, link: taken });
    });

    it("claims the lowest free id, each only once, and frees it with the release", async () => {
      const service = fresh();
      const claims = ["a", "b", "c", "d"].map((token) => store.acquirePod(service, undefined, token, status, long));
      const claimed = (await Promise.all(claims)) as { acquired: true; pod: number; incarnation: number }[];
      expect(claimed.map(({ pod }) => pod).sort()).toEqual([0, 1, 2, 3]);
      expect(await store.acquirePod(service, undefined, "b", status, long), "sent twice").toEqual(claimed[1]);
      await store.releasePod(service, claimed[2]!);
      const again = await store.acquirePod(service, undefined, "e", status, long);
      expect(again).toMatchObject({ acquired: true, pod: claimed[2]!.pod });
      expect((again as Owner).incarnation).toBeGreaterThan(claimed[2]!.incarnation);
    });

    it("does not claim the id of a pod whose lease has merely ended", async () => {
      const service = fresh();
      await store.acquirePod(service, 0, "silent", status, 100);
      await eventually(async () => (await store.pods(service))[0]!.leaseLeftMs <= 0);
      expect(await store.acquirePod(service, undefined, "next", status, long)).toMatchObject({ pod: 1 });
    });

    it("lists what a pod says of itself, and for how long its uids wait for its return", async () => {
      const service = fresh();
      const words = { ...status, held: 3, maxLinks: 10, labels: { zone: "a", "odd:key": "ü" } };
      const acquired = (await store.acquirePod(service, 0, "t", words, long)) as Owner;
      expect((await store.pods(service))[0]).toMatchObject({ ...words, returnLeftMs: 0 });
      await store.releasePod(service, { pod: 0, incarnation: acquired.incarnation }, long);
      const [released] = await store.pods(service);
      expect(released).toMatchObject({ sealed: true, state: "shutdown" });
      expect(released!.returnLeftMs).toBeGreaterThan(0);
      expect(released!.returnLeftMs).toBeLessThanOrEqual(long);
    });

    it("delivers letters in order, again until they are acknowledged, and to the present life only", async () => {
      const service = fresh();
      const { incarnation } = (await store.acquirePod(service, 0, "t", status, long)) as Owner;
      const reader = { pod: 0, incarnation };
      expect(await store.readLetters(service, reader, "", 10)).toEqual([]);
      await store.sendLetters(service, 0, ["one", "two"]);
      await store.sendLetters(service, 0, ["three"]);
      await store.sendLetters(service, 1, ["not yours"]);
      expect(await store.renewPod(service, reader, status, long)).toMatchObject({ letters: 3 });
      const first = await store.readLetters(service, reader, "", 2);
      expect(first.map(({ text }) => text)).toEqual(["one", "two"]);
      expect(await store.readLetters(service, reader, "", 2), "sent twice").toEqual(first);
      expect(await store.readLetters(service, { ...reader, incarnation: 1 }, first[1]!.id, 2)).toEqual([]);
      const rest = await store.readLetters(service, reader, first[1]!.id, 2);
      expect(rest.map(({ text }) => text)).toEqual(["three"]);
      expect(await store.readLetters(service, reader, rest[0]!.id, 2)).toEqual([]);
      expect(await store.renewPod(service, reader, status, long)).toMatchObject({ letters: 0 });
    });

    it("tells subscribers what changes, after a gap, and nothing of other services", async () => {
      const { link } = await linked();
      const heard: StoreEvent[] = [];
      using subscription = store.subscribe(link, (event) => heard.push(event));
      await eventually(async () => heard.length > 0);
      expect(heard).toEqual([{ kind: "gap" }]);
      const uid = "u:2";
      const other = await store.linkIfAbsent({ ...link, uid }, owner, 60);
      await store.linkIfAbsent({ ...fresh(), uid }, owner, 60);
      await store.renewLinks(link, owner, [{ uid, ...other.link }]);
      await store.setLink({ ...link, uid }, owner, 60);
      const { link: moved } = await store.commitMove({ ...link, uid }, { ...owner, fence: other.link.fence }, target);
      const { link: taken } = await store.takeOver({ ...link, uid }, moved!, owner);
      await store.removeLink({ ...link, uid });
      const { incarnation } = (await store.acquirePod(link, 5, "t", status, long)) as Owner;
      await store.renewPod(link, { pod: 5, incarnation }, { ...status, load: 3 }, long);
      await store.renewPod(link, { pod: 5, incarnation }, { ...status, state: "deny-new" }, long);
      await store.sendLetters(link, 5, ["hello"]);
      await store.releasePod(link, { pod: 5, incarnation });
      const pod = { kind: "pod", pod: 5 };
      const links = [other.link, moved, taken, undefined].map((changed) => ({ kind: "link", uid, link: changed }));
      const pods = [pod, pod, { kind: "letter", pod: 5 }, pod];
      const count = 1 + links.length + pods.length;
      await eventually(async () => heard.length >= count);
      // Each in its order; links and pods may be on different servers of a Cluster, whose news overtake each other.
      const [first, ...news] = heard;
      expect(first).toEqual({ kind: "gap" });
      expect(news.filter(({ kind }) => kind === "link")).toEqual(links);
      expect(news.filter(({ kind }) => kind !== "link")).toEqual(pods);
      subscription[Symbol.dispose]();
      await store.removeLink(link);
      expect(heard).toHaveLength(count);
    });

    it("names its replication steadily", async () => {
      expect(await store.replication()).toBe(await store.replication());
    });
  });
};
