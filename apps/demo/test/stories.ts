import { setTimeout as sleep } from "node:timers/promises";
import type { StatefulStore } from "@route/executor";
import { describe, expect, it } from "vitest";
import type { DemoConfig } from "../src/config/config.ts";
import { byUid, names, openDemo, type Served, until } from "./harness.ts";

/** Where the links of a story are kept, and how to take that away. */
export interface StoryStore extends AsyncDisposable {
  readonly store?: StatefulStore;
  readonly config: Partial<DemoConfig>;
  breakDown(): Promise<void>;
  repair(): Promise<void>;
}

/**
 * Two pods may serve a uid one after the other, never in turns: a fence that was passed never comes back, and under one
 * fence one life of one pod counts without a gap. It begins anew only where it may have lost its lease in between;
 * the next owner begins anew too, unless the count was handed over.
 */
const expectOneOwnerAtATime = (logs: readonly Served[], { lapses = false, handedOver = false } = {}): void => {
  for (const [uid, served] of byUid(logs)) {
    let last: Served | undefined;
    for (const now of served) {
      const story = `${uid}: ${JSON.stringify(last)} then ${JSON.stringify(now)}`;
      const sameTenure = last?.fence === now.fence;
      if (last) expect(now.fence, story).toBeGreaterThanOrEqual(last.fence);
      if (last && sameTenure) expect([now.pod, now.incarnation], story).toEqual([last.pod, last.incarnation]);
      const next = last && (sameTenure || handedOver) ? last.count + 1 : 1;
      expect(lapses ? [1, next] : [next], story).toContain(now.count);
      last = now;
    }
  }
};

/** For stories that wait for a lease to end: as short as is bearable on a busy machine, where a pod renews late. */
const bearableLease = { leaseMs: 8000 };

/** What the demo must show, whatever keeps its links. Ownership is read from the pods' own logs. */
export const demoStories = (name: string, openStore: () => Promise<StoryStore>): void => {
  describe(`demo on ${name}`, () => {
    it("serves 1,000 requests of 100 uids at once, each uid on one pod, counted without a gap", async () => {
      await using kept = await openStore();
      await using demo = await openDemo(kept.config, kept.store);
      const uids = names("u", 100);
      const answers = await Promise.all(
        Array.from({ length: 1000 }, (_, index) => demo.get(uids[index % 100]!, `/any/${index}`)),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      const logs = demo.logs();
      expect(logs).toHaveLength(1000);
      expectOneOwnerAtATime(logs);
      for (const [uid, served] of byUid(logs)) {
        expect(new Set(served.map(({ pod }) => pod)).size, uid).toBe(1);
        expect(served, uid).toHaveLength(10);
      }
      expect(new Set(logs.map(({ pod }) => pod)).size).toBe(3);
    });

    it("after kill -9 of a pod serves its uids elsewhere, and moves nobody else's", async () => {
      await using kept = await openStore();
      await using demo = await openDemo({ ...kept.config, ...bearableLease }, kept.store);
      const uids = names("k", 60);
      const before = await demo.podsOf(uids);
      demo.pod(1).child.kill("SIGKILL");
      const orphans = uids.filter((uid) => before.get(uid) === 1);
      expect(orphans.length).toBeGreaterThan(0);
      // Until the lease has ended the gateway says when to come back; it never guesses.
      await Promise.all(
        orphans.map((uid) =>
          until(`${uid} is served again`, async () => {
            const { status, headers } = await demo.get(uid);
            if (status === 503) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
            else expect([200, 502]).toContain(status);
            return status === 200;
          }),
        ),
      );
      const after = await demo.podsOf(uids);
      for (const uid of uids) {
        if (before.get(uid) === 1) expect(after.get(uid), uid).not.toBe(1);
        else expect(after.get(uid), uid).toBe(before.get(uid));
      }
      expectOneOwnerAtATime(demo.logs());
    });

    it("grows from three pods to five: no uid moves, new ones reach the new pods", async () => {
      await using kept = await openStore();
      await using demo = await openDemo(kept.config, kept.store);
      const uids = names("old", 90);
      const before = await demo.podsOf(uids);
      expect((await demo.admin("/pods?count=5", "POST")).status).toBe(200);
      // A pod gets its first uid once it has answered a probe.
      const used = new Set<number>();
      let asked = 0;
      await until("the new pods are used", async () => {
        for (const pod of (await demo.podsOf(names(`new-${asked++}`, 10))).values()) used.add(pod);
        return used.has(3) && used.has(4);
      });
      expect(await demo.podsOf(uids)).toEqual(before);
    });

    it("on SIGTERM a pod takes no new uid and hands its own over with their counts", async () => {
      await using kept = await openStore();
      await using demo = await openDemo(kept.config, kept.store);
      const uids = names("d", 60);
      const before = await demo.podsOf(uids);
      const own = uids.filter((uid) => before.get(uid) === 2);
      const { child } = demo.pod(2);
      child.kill("SIGTERM");
      await until("the pod ends", () => child.exitCode !== null);
      expect(child.exitCode).toBe(0);
      const added = await demo.podsOf(names("late", 60));
      expect([...added.values()].filter((pod) => pod === 2)).toEqual([]);
      for (const uid of own) {
        const { body } = await demo.get(uid);
        expect(body, uid).toMatchObject({ uid, count: 2 });
        expect(body.pod).not.toBe(2);
      }
      expectOneOwnerAtATime(demo.logs(), { handedOver: true });
    });

    it("refuses on a thawed pod what was taken over while it was frozen, unnoticed by clients", async () => {
      await using kept = await openStore();
      await using demo = await openDemo({ ...kept.config, ...bearableLease }, kept.store);
      const uids = names("f", 60);
      const before = await demo.podsOf(uids);
      const frozen = uids.filter((uid) => before.get(uid) === 0);
      const { link } = (await demo.admin(`/links/${frozen[0]}`)).body as unknown as { link: { fence: number } };
      const { child, address } = demo.pod(0);
      child.kill("SIGSTOP");
      // Sent into the freeze: answered after the thaw, by the new owner.
      const stuck = demo.get(frozen[0]!);
      await sleep(demo.config.leaseMs + 500);
      // Whoever is sent into the freeze as well gives up, and asks again.
      const ask = (uid: string) =>
        demo
          .send(demo.demo.url, { headers: { "x-route-uid": uid }, signal: AbortSignal.timeout(5000) })
          .catch(() => undefined);
      await until("take-over", async () => {
        const answers = await Promise.all(frozen.slice(1).map(ask));
        return answers.every((answer) => answer?.status === 200 && answer.body.pod !== 0);
      });
      child.kill("SIGCONT");
      expect(await stuck).toMatchObject({ status: 200, body: { uid: frozen[0], count: 1 } });
      const headers = {
        "x-route-uid": frozen[0]!,
        "x-route-fence": `${link.fence}`,
        "x-route-secret": demo.config.secret,
      };
      expect((await demo.send(`http://${address}/`, { headers })).status).toBe(421);
      // The stuck one may have gone to the next life of the same pod; the others were taken over before.
      const after = await demo.podsOf(uids.filter((uid) => uid !== frozen[0]));
      for (const [uid, pod] of after) {
        if (before.get(uid) === 0) expect(pod, uid).not.toBe(0);
        else expect(pod, uid).toBe(before.get(uid));
      }
      expectOneOwnerAtATime(demo.logs());
    });

    it("without its store serves uids on living pods while leases last, refuses others, and recovers", async () => {
      await using kept = await openStore();
      await using demo = await openDemo({ ...kept.config, ...bearableLease }, kept.store);
      const uids = names("s", 30);
      const before = await demo.podsOf(uids);
      await kept.breakDown();
      expect(await demo.podsOf(uids)).toEqual(before);
      const refused = await demo.get("unknown");
      expect(refused).toMatchObject({ status: 503, body: { error: { code: "UNAVAILABLE" } } });
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      await until("every lease has ended", async () => {
        const answers = await Promise.all(uids.map((uid) => demo.get(uid)));
        for (const { status } of answers) expect([200, 503]).toContain(status);
        return answers.every(({ status }) => status === 503);
      });
      await kept.repair();
      await until("everything is served again", async () => {
        const answers = await Promise.all([...uids, "unknown"].map((uid) => demo.get(uid)));
        return answers.every(({ status }) => status === 200);
      });
      expect(await demo.podsOf(uids), "an outage moves nobody").toEqual(before);
      expectOneOwnerAtATime(demo.logs(), { lapses: true });
    });
  });
};
