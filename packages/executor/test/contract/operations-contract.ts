import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StatefulExecutor } from "../../src/executor.ts";
import type { ServiceScope } from "../../src/scope/service-scope.ts";
import type { StatefulStore } from "../../src/store/store.ts";
import type { Link, Owner } from "../../src/types.ts";
import { eventually, fresh, type StoreUnderTest } from "./fixtures.ts";

/** What the layout of a store can express. */
export interface LayoutTraits {
  /** Links have incarnation and fence, and a removed link in its grace is marked. */
  readonly fenced: boolean;
}

/** The operations of the Go version on any store and layout, through the facade where it adds something. */
export const operationsContract = (
  name: string,
  open: () => Promise<StoreUnderTest>,
  { fenced }: LayoutTraits,
): void => {
  describe.concurrent(`${name}: operations`, () => {
    let opened: StoreUnderTest;
    let store: StatefulStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    const scopeOf = (service = fresh()): ServiceScope => new StatefulExecutor({ store }).scope(service);
    // Where the lifetime is not kept, what is left stands for it.
    const about60 = fenced ? 60 : expect.closeTo(60, -2);
    const lasting = (link: Link): Link =>
      link.lifetimeSeconds === "persistent" ? link : { ...link, lifetimeSeconds: about60 };
    const seen = ({ pod, incarnation }: Owner): Partial<Owner> => (fenced ? { pod, incarnation } : { pod });
    const one: Owner = { pod: 0, incarnation: 1_700_000_000_000_001 };
    const two: Owner = { pod: 1, incarnation: 1_700_000_000_000_002 };
    const uid = "room:7 ü";
    const listed = async (scope: ServiceScope) => (await scope.getLinkService(uid)).get(scope.name.service);

    describe("setLinkedPod", () => {
      it("links a free uid, and replaces whatever stands there", async () => {
        const scope = scopeOf();
        const first = await scope.setLinkedPod(uid, one, "persistent");
        expect(first).toMatchObject({ link: { ...seen(one), lifetimeSeconds: "persistent" } });
        expect(first.previous).toBeUndefined();
        const second = await scope.setLinkedPod(uid, two, 60);
        expect(second).toMatchObject({ link: { ...seen(two), lifetimeSeconds: 60 }, previous: first.link });
        expect(await scope.getLinkedPod(uid)).toMatchObject({ ...seen(two), lifetimeSeconds: about60 });
      });

      it("keeps the fence for the same owner, raises it for another", async () => {
        const scope = scopeOf();
        const { link: first } = await scope.setLinkedPod(uid, one, 60);
        const { link: again } = await scope.setLinkedPod(uid, one, "persistent");
        const { link: anyLife } = await scope.setLinkedPod(uid, { pod: one.pod }, 60);
        const { link: other } = await scope.setLinkedPod(uid, two, 60);
        expect([again, anyLife].map(({ fence }) => fence)).toEqual([first.fence, first.fence]);
        if (fenced) expect(other.fence).toBeGreaterThan(first.fence);
        if (fenced) expect(anyLife.incarnation).toBe(one.incarnation);
      });

      it("turns a persistent link into a temporary one, which expires, and back", async () => {
        const scope = scopeOf();
        await scope.setLinkedPod("a", one, "persistent");
        await scope.setLinkedPod("a", one, 1);
        await scope.setLinkedPod("b", one, 1);
        await scope.setLinkedPod("b", one, "persistent");
        expect(await scope.getLinkedPodIfPersist("a")).toBeUndefined();
        await eventually(async () => (await scope.getLinkedPod("a")) === undefined);
        expect(await scope.getLinkedPodIfPersist("b")).toMatchObject(seen(one));
      });

      it("names a pod without an incarnation", async () => {
        const scope = scopeOf();
        expect((await scope.setLinkedPodIfAbsent(uid, { pod: 3 }, 60)).link).toMatchObject({ pod: 3, incarnation: 0 });
        expect(await scope.getLinkedPod(uid)).toMatchObject({ pod: 3, incarnation: 0 });
      });
    });

    describe("trySetLinkedPod", () => {
      it("refuses only a persistent link to another pod", async () => {
        const scope = scopeOf();
        const { link } = await scope.setLinkedPod(uid, one, "persistent");
        expect(await scope.trySetLinkedPod(uid, two, 60)).toEqual({ applied: false, link, previous: link });
        expect(await scope.getLinkedPod(uid)).toEqual(link);
      });

      it("links a free uid, overrides a temporary link, and refreshes its own", async () => {
        const scope = scopeOf();
        const free = await scope.trySetLinkedPod(uid, one, 60);
        expect(free).toMatchObject({ applied: true, link: seen(one) });
        expect(free.previous).toBeUndefined();
        const overridden = await scope.trySetLinkedPod(uid, two, "persistent");
        expect(overridden).toMatchObject({ applied: true, link: seen(two), previous: seen(one) });
        const own = await scope.trySetLinkedPod(uid, two, 60);
        expect(own).toMatchObject({ applied: true, link: { ...seen(two), lifetimeSeconds: 60 } });
      });
    });

    describe("setLinkedPodIfAbsent and takeOver", () => {
      it("neither refresh nor upgrade what stands there", async () => {
        const scope = scopeOf();
        const { link, created } = await scope.setLinkedPodIfAbsent(uid, one, 60);
        expect(created).toBe(true);
        const again = await scope.setLinkedPodIfAbsent(uid, two, "persistent");
        expect(again).toEqual({ created: false, link: lasting(link) });
        expect(await scope.getLinkedPodIfPersist(uid)).toBeUndefined();
      });

      it("give one winner to many callers at once", async () => {
        const scope = scopeOf();
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, pod) => scope.setLinkedPodIfAbsent(uid, { pod }, "persistent")),
        );
        expect(answers.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(answers.map(({ link }) => link.pod)).size).toBe(1);
      });

      it("replace exactly the expected link, and keep it persistent", async () => {
        const scope = scopeOf();
        const { link: before } = await scope.setLinkedPodIfAbsent(uid, one, "persistent");
        expect(await scope.takeOver(uid, before, two)).toMatchObject({ taken: true, link: seen(two) });
        expect(await scope.takeOver(uid, before, { ...one, pod: 9 })).toMatchObject({ taken: false, link: seen(two) });
        expect(await scope.getLinkedPodIfPersist(uid)).toMatchObject(seen(two));
        expect(await listed(scope)).toMatchObject(seen(two));
      });
    });

    describe("batchGetLinkedPod", () => {
      it("answers the linked uids among many, and none for none", async () => {
        const scope = scopeOf();
        const uids = Array.from({ length: 40 }, (_, index) => `u${index}`);
        for (const [pod, each] of uids.entries()) if (pod % 2 === 0) await scope.setLinkedPod(each, { pod }, 60);
        const links = await scope.batchGetLinkedPod(uids);
        expect(links.size).toBe(20);
        for (const [pod, each] of uids.entries()) expect(links.get(each)?.pod).toBe(pod % 2 === 0 ? pod : undefined);
        expect(await scope.batchGetLinkedPod([])).toEqual(new Map());
        expect([...(await scope.batchGetLinkedPod(["u0", "u0"]))]).toHaveLength(1);
      });
    });

    describe("removeLinkedPod", () => {
      it("removes once, at once", async () => {
        const scope = scopeOf();
        await scope.setLinkedPod(uid, one, "persistent");
        expect(await scope.removeLinkedPod(uid)).toBe(true);
        expect(await scope.removeLinkedPod(uid)).toBe(false);
        expect(await scope.getLinkedPod(uid)).toBeUndefined();
        expect(await listed(scope)).toBeUndefined();
      });

      it("keeps the link for the grace, as a temporary one", async () => {
        const scope = scopeOf();
        await scope.setLinkedPod(uid, one, "persistent");
        expect(await scope.removeLinkedPod(uid, { graceSeconds: 60 })).toBe(true);
        expect(await scope.getLinkedPod(uid)).toMatchObject({ ...seen(one), lifetimeSeconds: about60 });
        expect(await scope.getLinkedPodIfPersist(uid)).toBeUndefined();
        expect(await listed(scope)).toBeUndefined();
        await scope.setLinkedPod("soon", one, "persistent");
        expect(await scope.removeLinkedPod("soon", { graceSeconds: 1 })).toBe(true);
        await eventually(async () => (await scope.getLinkedPod("soon")) === undefined);
      });

      it("never makes a link live longer by a grace", async () => {
        const scope = scopeOf();
        await scope.setLinkedPod(uid, one, 5);
        await scope.removeLinkedPod(uid, { graceSeconds: 3600 });
        await eventually(async () => (await scope.getLinkedPod(uid)) === undefined);
      });

      it("lets a new link take the place of one in its grace", async () => {
        const scope = scopeOf();
        await scope.setLinkedPod(uid, one, "persistent");
        await scope.removeLinkedPod(uid, { graceSeconds: 60 });
        expect(await scope.trySetLinkedPod(uid, two, "persistent")).toMatchObject({ applied: true });
        expect(await listed(scope)).toMatchObject(seen(two));
      });

      it("removes with an id only the link to this pod", async () => {
        const scope = scopeOf();
        const { link } = await scope.setLinkedPod(uid, one, "persistent");
        expect(await scope.removeLinkedPodWithId(uid, { pod: 1 })).toBe(false);
        if (fenced) {
          expect(await scope.removeLinkedPodWithId(uid, { pod: 0, incarnation: 1 })).toBe(false);
          expect(await scope.removeLinkedPodWithId(uid, { pod: 0, fence: link.fence + 1 })).toBe(false);
        }
        expect(await scope.removeLinkedPodWithId(uid, { pod: 0 }, { graceSeconds: 60 })).toBe(true);
        expect(await scope.getLinkedPod(uid)).toMatchObject(seen(one));
      });

      if (fenced) {
        it("is not undone by the renewals of the pod that holds the link", async () => {
          const service = fresh();
          const { link } = await store.setLink({ ...service, uid }, one, 60);
          await store.removeLink({ ...service, uid }, undefined, 30);
          expect(await store.removeLink({ ...service, uid }), "already removed").toBe(false);
          const [renewal] = await store.renewLinks(service, one, [{ uid, ...link }]);
          expect(renewal).toMatchObject({ kept: true });
          expect((renewal as { leftMs: number }).leftMs).toBeLessThanOrEqual(30_000);
        });
      }
    });

    describe("getLinkService", () => {
      it("lists the persistent links of a uid in a namespace by service", async () => {
        const [a, b, c] = [scopeOf(), scopeOf(), scopeOf()];
        const shared = `shared-${a.name.service}`;
        await a.setLinkedPod(shared, one, "persistent");
        await b.setLinkedPodIfAbsent(shared, two, "persistent");
        await c.setLinkedPod(shared, two, 60);
        const found = await c.getLinkService(shared);
        expect([...found.keys()].sort()).toEqual([a.name.service, b.name.service].sort());
        expect(found.get(b.name.service)).toMatchObject({ ...seen(two), lifetimeSeconds: "persistent" });
        await a.setLinkedPod(shared, one, 60);
        await b.removeLinkedPod(shared);
        expect(await c.getLinkService(shared)).toEqual(new Map());
      });
    });

    describe("states", () => {
      it("keeps the last word of each pod, pod 0 included, with its age", async () => {
        const scope = scopeOf();
        expect(await scope.getServiceState()).toEqual(new Map());
        await scope.setServiceState(0, "old");
        await scope.setServiceState(12, "ready: 1\n{x}");
        await scope.setServiceState(0, `0.5-${Date.now()}`);
        await sleep(5);
        const states = await scope.getServiceState();
        expect([...states.keys()]).toEqual([0, 12]);
        expect(states.get(0)!.state).toMatch(/^0.5-\d+$/);
        expect(states.get(0)!.ageMs).toBeGreaterThanOrEqual(0);
        expect(states.get(0)!.ageMs).toBeLessThan(60_000);
        expect(states.get(12)!.state).toBe("ready: 1\n{x}");
      });

      it("keeps one text for a service, and reads those of many", async () => {
        const [a, b] = [scopeOf(), scopeOf()];
        expect(await a.getWorkloadState()).toBeUndefined();
        await a.setWorkloadState("Normal");
        expect(await a.getWorkloadState()).toMatchObject({ state: "Normal" });
        const batch = await b.getWorkloadStateBatch([b.name.service, a.name.service]);
        expect([...batch].map(([service, { state }]) => [service, state])).toEqual([[a.name.service, "Normal"]]);
        expect(await a.getWorkloadStateBatch([])).toEqual(new Map());
      });
    });

    describe("computeLinkIfAbsent", () => {
      it("links to the freest pod by what the pods reported, and leaves a link alone", async () => {
        const scope = scopeOf();
        expect(await scope.computeLinkIfAbsent(uid, 60), "nobody reported").toBeUndefined();
        await scope.setServiceState(0, `0.9-${Date.now()}`);
        await scope.setServiceState(4, `-1-${Date.now()}`);
        await scope.setServiceState(5, "not a load");
        expect(await scope.computeLinkIfAbsent(uid, 60)).toMatchObject({ created: true, link: { pod: 4 } });
        expect(await scope.computeLinkIfAbsent(uid, 60, () => 0)).toMatchObject({ created: false, link: { pod: 4 } });
      });

      it("takes no pod that said nothing of late, and the caller's choice", async () => {
        const scope = scopeOf();
        await scope.setServiceState(0, `0-${Date.now() - 5}`);
        await sleep(5);
        expect(await scope.computeLinkIfAbsent(uid, 60, undefined, { maxAgeMs: 1 })).toBeUndefined();
        expect(await scope.computeLinkIfAbsent(uid, "persistent", () => 0)).toMatchObject({ link: { pod: 0 } });
      });
    });
  });
};
