import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatefulStore } from "../../src/store/store.ts";
import type { Owner, PodStatus } from "../../src/types.ts";
import { eventually, fresh, type StoreUnderTest } from "./fixtures.ts";

const status: PodStatus = { address: "127.0.0.1:4000", revision: "v1", state: "ready", load: 0.25 };
const long = 60_000;
const short = 200;

let serial = 0;

/** What every store must do for pods and their leases. */
export const podsContract = (name: string, open: () => Promise<StoreUnderTest>): void => {
  describe.concurrent(`${name}: leases of pods`, () => {
    let opened: StoreUnderTest;
    let store: StatefulStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    const acquire = async (service: ReturnType<typeof fresh>, pod: number, leaseMs = long): Promise<Owner> => {
      const result = await store.acquirePod(service, pod, `token-${serial++}`, status, leaseMs);
      if (!result.acquired) throw new Error(`pod ${pod} is held for another ${result.leaseLeftMs} ms`);
      return { pod, incarnation: result.incarnation };
    };

    describe("pods", () => {
      it("acquires pod 0 and lists it with what it said of itself", async () => {
        const service = fresh();
        const owner = await acquire(service, 0);
        const [record] = await store.pods(service);
        expect(record).toMatchObject({ ...owner, ...status, sealed: false });
        expect(record!.leaseLeftMs).toBeGreaterThan(0);
        expect(record!.leaseLeftMs).toBeLessThanOrEqual(long);
      });

      it("answers the same incarnation for the same token, and refuses another token while the lease runs", async () => {
        const service = fresh();
        const first = await store.acquirePod(service, 1, "a", status, long);
        expect(await store.acquirePod(service, 1, "a", status, long)).toEqual(first);
        const other = await store.acquirePod(service, 1, "b", status, long);
        expect(other).toMatchObject({ acquired: false });
        expect((other as { leaseLeftMs: number }).leaseLeftMs).toBeGreaterThan(0);
      });

      it("counts the lease from the last try of a repeated acquire, for its sender does so too", async () => {
        const service = fresh();
        await store.acquirePod(service, 1, "a", status, 1000);
        await store.acquirePod(service, 1, "a", status, long);
        expect((await store.pods(service))[0]!.leaseLeftMs).toBeGreaterThan(1000);
      });

      it("gives a released pod a new incarnation, also for the same token", async () => {
        const service = fresh();
        const first = await store.acquirePod(service, 1, "a", status, long);
        const { incarnation } = first as { incarnation: number };
        await store.releasePod(service, { pod: 1, incarnation });
        const second = await store.acquirePod(service, 1, "a", status, long);
        expect((second as { incarnation: number }).incarnation).toBeGreaterThan(incarnation);
      });

      it("gives an ended lease away under a greater incarnation; the old one can never renew", async () => {
        const service = fresh();
        const old = await acquire(service, 1, short);
        await eventually(async () => (await store.acquirePod(service, 1, "next", status, long)).acquired);
        const [record] = await store.pods(service);
        expect(record!.incarnation).toBeGreaterThan(old.incarnation);
        expect(await store.renewPod(service, old, status, long)).toEqual({ renewed: false, reason: "superseded" });
      });

      it("numbers incarnations by time, so that deleted data do not repeat them", async () => {
        const { incarnation } = await acquire(fresh(), 0);
        expect(incarnation).toBeGreaterThan(Date.UTC(2024) * 1000);
        expect(Number.isSafeInteger(incarnation)).toBe(true);
      });

      it("renews with a new status", async () => {
        const service = fresh();
        const owner = await acquire(service, 3, 1000);
        const draining = { ...status, state: "deny-new" as const, load: -1.5, address: "[::1]:8080" };
        expect(await store.renewPod(service, owner, draining, long)).toMatchObject({
          renewed: true,
          recreated: false,
          letters: 0,
        });
        const [record] = await store.pods(service);
        expect(record).toMatchObject(draining);
        expect(record!.leaseLeftMs).toBeGreaterThan(1000);
      });

      it("writes a pod again that the store does not know, and says so", async () => {
        const service = fresh();
        const owner = { pod: 2, incarnation: 1_700_000_000_000_001 };
        expect(await store.renewPod(service, owner, status, long)).toMatchObject({ renewed: true, recreated: true });
        expect(await store.renewPod(service, owner, status, long)).toMatchObject({ renewed: true, recreated: false });
        expect(await store.pods(service)).toMatchObject([owner]);
      });

      it("releases at once: sealed, in state shutdown, and the id is free", async () => {
        const service = fresh();
        const owner = await acquire(service, 0);
        expect(await store.releasePod(service, owner)).toBe(true);
        expect(await store.releasePod(service, owner)).toBe(false);
        expect(await store.pods(service)).toMatchObject([{ sealed: true, state: "shutdown" }]);
        expect(await store.renewPod(service, owner, status, long)).toEqual({ renewed: false, reason: "sealed" });
        expect((await acquire(service, 0)).incarnation).toBeGreaterThan(owner.incarnation);
        expect(await store.releasePod(service, owner)).toBe(false);
      });

      it("lists pods by id, none for a service without any", async () => {
        const service = fresh();
        expect(await store.pods(service)).toEqual([]);
        for (const pod of [10, 2, 0]) await acquire(service, pod);
        expect((await store.pods(service)).map(({ pod }) => pod)).toEqual([0, 2, 10]);
      });
    });

    describe("seal", () => {
      it("refuses while the lease runs, whatever the pulse", async () => {
        const service = fresh();
        const owner = await acquire(service, 0);
        expect(await store.sealPod(service, owner)).toMatchObject({ sealed: false, reason: "alive" });
      });

      it("refuses while nobody renews: the store may have been away", async () => {
        const service = fresh();
        const owner = await acquire(service, 0, short);
        await sleep(short + 50);
        expect(await store.sealPod(service, owner)).toMatchObject({ sealed: false, reason: "silent" });
        expect(await store.renewPod(service, owner, status, short)).toMatchObject({ renewed: true, recreated: false });
      });

      it("refuses just after a silence: everybody gets one lease first", async () => {
        const leaseMs = 2000;
        for (let tookMs = leaseMs; tookMs > leaseMs / 2; ) {
          const service = fresh();
          const dead = await acquire(service, 0, leaseMs);
          const living = await acquire(service, 1, leaseMs);
          await sleep(leaseMs + 100);
          const startMs = performance.now();
          await store.renewPod(service, living, status, leaseMs);
          const answer = await store.sealPod(service, dead);
          tookMs = performance.now() - startMs;
          // Whatever the machine does in between, a dead pod is not sealed so soon; where it did nothing, for this reason.
          if (tookMs < leaseMs) expect(answer).toMatchObject({ sealed: false, waitMs: expect.any(Number) });
          if (tookMs < leaseMs / 2) expect(answer).toMatchObject({ reason: "young" });
        }
      });

      const sealWhileBeating = async (service: ReturnType<typeof fresh>, dead: Owner): Promise<void> => {
        const living = await acquire(service, 9, short);
        await eventually(async () => {
          await store.renewPod(service, living, status, short);
          return (await store.sealPod(service, dead)).sealed;
        });
      };

      it("seals a pod whose lease has ended while others renew; it can never renew again", async () => {
        const service = fresh();
        const dead = await acquire(service, 0, short);
        await sealWhileBeating(service, dead);
        expect(await store.sealPod(service, dead)).toEqual({ sealed: true });
        expect(await store.renewPod(service, dead, status, short)).toEqual({ renewed: false, reason: "sealed" });
        expect((await store.pods(service))[0]).toMatchObject({ ...dead, sealed: true });
      });

      it("seals an unknown incarnation by the same rule, and keeps it from coming back", async () => {
        const service = fresh();
        const unknown = { pod: 4, incarnation: 1_700_000_000_000_001 };
        expect(await store.sealPod(service, unknown)).toMatchObject({ sealed: false, reason: "silent" });
        await sealWhileBeating(service, unknown);
        expect(await store.renewPod(service, unknown, status, short)).toEqual({ renewed: false, reason: "sealed" });
        expect((await acquire(service, 4)).incarnation).toBeGreaterThan(unknown.incarnation);
      });

      it("counts a superseded incarnation as sealed", async () => {
        const service = fresh();
        const old = await acquire(service, 0);
        await store.releasePod(service, old);
        await acquire(service, 0);
        expect(await store.sealPod(service, old)).toEqual({ sealed: true });
      });
    });
  });
};
