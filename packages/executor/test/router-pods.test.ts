import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PodAgent, type PodAgentOptions, StatefulRouter } from "../src/index.ts";
import { fresh, type StoreUnderTest } from "./contract/fixtures.ts";
import { stores } from "./router-setup.ts";
import { isPending, until } from "./waiting.ts";

/** Pods that are not asked how they are; those that are report every three seconds. */
const leaseMs = 60_000;
const reportingLeaseMs = 9000;

for (const [kind, open] of Object.entries(stores)) {
  describe(`a router and real pods on ${kind}`, () => {
    let opened: StoreUnderTest;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());
    const closing: (() => unknown)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });

    /** Real pods that hand their states over, and a router on the same store. */
    const fleet = async (pods: number, options: Partial<PodAgentOptions> = {}) => {
      const { store } = opened;
      const name = fresh();
      const states = new Map<string, unknown>();
      const agents: PodAgent[] = [];
      for (let id = 0; id < pods; id++) {
        const agent = new PodAgent({
          ...{ store, ...name, id, address: `10.0.0.${id}:80`, leaseMs },
          onAcquire: (uid, { state }) => void states.set(`${id}/${uid}`, state),
          onRelease: (uid) => `${uid} from ${id}`,
          ...options,
        });
        await agent.start();
        closing.push(() => agent.stop({ graceMs: 0 }));
        agents.push(agent);
      }
      const router = new StatefulRouter({ store, ...name });
      closing.push(() => router.close());
      /** What a gateway does: asks the router, then the pod. */
      const serve = async (uid: string) => {
        const route = await router.resolve(uid);
        const agent = agents[route.pod]!;
        const { held } = await agent.adopt(uid, route.fence);
        return { route, agent, held };
      };
      return { name, store, states, agents, router, serve };
    };

    it("move a uid with its state, to the pod asked for", async () => {
      const { router, serve, states } = await fleet(3);
      const { route } = await serve("alice");
      const to = (route.pod + 1) % 3;
      expect(await router.move("alice", { to })).toMatchObject({ pod: to, origin: "move" });
      expect((await serve("alice")).held).toBeDefined();
      expect(states.get(`${to}/alice`)).toBe(`alice from ${route.pod}`);
    });

    it("move a uid that no request has reached yet", async () => {
      const { router } = await fleet(2);
      const { pod } = await router.resolve("alice");
      expect(await router.move("alice")).toMatchObject({ pod: 1 - pod, origin: "move" });
    });

    it("let requests wait while the owner hands a uid over", async () => {
      const gate = Promise.withResolvers<string>();
      const { router, serve } = await fleet(2, { onRelease: () => gate.promise });
      const { route } = await serve("alice");
      const moved = router.move("alice");
      await until("the mark", async () => (await router.explain("alice")).link?.moving !== undefined);
      router.forget("alice");
      const next = router.resolve("alice");
      expect(await isPending(next)).toBe(true);
      gate.resolve("what alice had");
      expect((await next).pod).toBe(1 - route.pod);
      expect(await moved).toMatchObject({ pod: 1 - route.pod, fence: (await next).fence });
    });

    it("release a uid, which is then placed anew", async () => {
      const { router, serve, store, name } = await fleet(2);
      const { route, agent } = await serve("alice");
      expect(await router.release("alice")).toBe(true);
      expect(agent.holds("alice")).toBe(false);
      expect(await store.getLink({ ...name, uid: "alice" })).toBeUndefined();
      expect((await serve("alice")).route.fence).toBeGreaterThan(route.fence);
    });

    it("level what the pods hold", async () => {
      const { router, agents } = await fleet(2, { leaseMs: reportingLeaseMs });
      const uids = Array.from({ length: 100 }, (_, index) => `u${index}`);
      for (const uid of uids) await agents[0]!.claim(uid);
      await until("the report", async () => (await router.pods())[0]!.held === 100);
      const budget = { moves: 1000 };
      expect(await router.rebalance({ budget, dryRun: true })).toEqual([{ from: 0, to: 1, count: 50 }]);
      await router.rebalance({ budget });
      await until("both hold half", () => agents.every((agent) => agent.held().length === 50));
      await until("the reports", async () => (await router.pods()).every(({ held }) => held === 50));
      expect(await router.rebalance({ budget })).toEqual([]);
    });
  });
}
