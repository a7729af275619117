import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { leaseMs, World } from "./model/world.ts";

const stepMs = 10;

/** Lets virtual time pass, and looks at every step whether two pods hold a uid. */
const pass = async (world: World, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await vi.advanceTimersByTimeAsync(stepMs);
    world.check();
  }
};

/** Requests from everywhere while time passes; answers what became of them. */
const trafficFor = async (world: World, ms: number): Promise<string[]> => {
  const failures: string[] = [];
  for (let passed = 0; passed < ms; passed += 50) {
    for (const uid of world.uids) {
      void world.request(uid).then((result) => {
        if ("failed" in result) failures.push(result.failed);
      });
    }
    await pass(world, 50);
  }
  await pass(world, 1000);
  return failures;
};

/** Which pod serves each uid, after the dust has settled. */
const owners = async (world: World): Promise<(number | string)[]> => {
  const results = world.uids.map((uid) => world.request(uid));
  await pass(world, 2000);
  return (await Promise.all(results)).map((result) => ("served" in result ? result.served : result.failed));
};

describe("ownership under an adversarial scheduler", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  // One act of the adversary; `pod` and `router` are taken modulo their number.
  const act = fc.oneof(
    fc.record({
      kind: fc.constantFrom("freeze", "cut", "restart", "isolate-router"),
      which: fc.nat(9),
      forMs: fc.integer({ min: 50, max: 3500 }),
    }),
    fc.record({ kind: fc.constant("chaos"), which: fc.nat(9), forMs: fc.integer({ min: 200, max: 3000 }) }),
    fc.record({ kind: fc.constant("outage"), which: fc.constant(0), forMs: fc.integer({ min: 50, max: 4000 }) }),
    fc.record({ kind: fc.constant("step"), which: fc.nat(9), forMs: fc.constant(50) }),
    fc.record({
      kind: fc.constantFrom("move", "drain", "hold"),
      which: fc.nat(9),
      forMs: fc.integer({ min: 0, max: 500 }),
    }),
  );

  const perform = async (
    world: World,
    { kind, which, forMs }: { kind: string; which: number; forMs: number },
  ): Promise<void> => {
    const pod = world.pods[which % world.pods.length]!;
    const networks = [...world.pods.map(({ network }) => network), ...world.routers.map(({ network }) => network)];
    const target = networks[which % networks.length]!;
    const routerNetwork = world.routers[which % world.routers.length]!.network;
    if (kind === "freeze") world.freeze(pod);
    if (kind === "cut") pod.network.cut = true;
    if (kind === "isolate-router") routerNetwork.cut = true;
    if (kind === "chaos") target.chaos = 0.4;
    if (kind === "outage") for (const network of networks) network.cut = true;
    if (kind === "step") world.storeStepMs = which % 2 === 0 ? 30 : 0;
    if (kind === "restart") {
      world.kill(pod);
      world.addPod(pod.id);
    }
    // Under way while the next act begins: each step of a move meets each fault.
    if (kind === "move") for (const uid of pod.agent.held()) void pod.agent.move(uid);
    if (kind === "drain") void world.restart(pod, "move");
    if (kind === "hold") void world.restart(pod, "hold");
    await trafficFor(world, forMs);
    if (kind === "freeze") world.thaw(pod);
    if (!pod.dead) pod.network.cut = false;
    routerNetwork.cut = false;
    target.chaos = 0;
    if (kind === "outage") for (const network of networks) network.cut = false;
  };

  it("never has two pods hold a uid, never serves under a fence that was passed, and always recovers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(act, { minLength: 1, maxLength: 6 }), async (seed, acts) => {
        const world = new World(seed);
        await pass(world, 100);
        for (const one of acts) await perform(world, one);
        // Uids that wait for a pod's return wait for five leases.
        await trafficFor(world, 8 * leaseMs);
        expect(world.violations).toEqual([]);
        expect((await owners(world)).filter((owner) => typeof owner === "string")).toEqual([]);
        for (const pod of world.pods) world.kill(pod);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  }, 120_000);

  it("moves nobody because of an outage of the store, however long (C5)", async () => {
    for (const outageMs of [100, 300, 600, 900, 1500, 2000, 3000, 5000]) {
      // Links must outlive the outage: one that nobody could renew is free to be placed anew.
      const world = new World(outageMs, { linkLifetimeSeconds: 60 });
      await pass(world, 100);
      await trafficFor(world, 1000);
      const before = await owners(world);
      const networks = [...world.pods, ...world.routers].map(({ network }) => network);
      for (const network of networks) network.cut = true;
      await trafficFor(world, outageMs);
      // Everybody finds back at a time of its own, within the one lease that it gets.
      for (const network of networks.toReversed()) setTimeout(() => (network.cut = false), world.random() * 500);
      await trafficFor(world, 3 * leaseMs);
      expect(await owners(world), `${outageMs} ms`).toEqual(before);
      expect(world.violations).toEqual([]);
      for (const pod of world.pods) world.kill(pod);
    }
  }, 120_000);

  it("loses no request and no state by planned moves, drains and restarts (C4)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.tuple(fc.nat(2), fc.constantFrom("move", "drain"))),
        async (seed, acts) => {
          const world = new World(seed, { linkLifetimeSeconds: 60 });
          await pass(world, 100);
          const failures = await trafficFor(world, 200);
          for (const [which, kind] of acts) {
            const pod = world.pods[which]!;
            if (kind === "drain") void world.restart(pod, "move");
            else for (const uid of pod.agent.held()) void pod.agent.move(uid);
            failures.push(...(await trafficFor(world, 500)));
          }
          expect(failures).toEqual([]);
          expect(world.violations).toEqual([]);
          for (const uid of world.uids) {
            const counts = world.pods.map(({ counts }) => counts.get(uid) ?? 0);
            expect(counts.filter((count) => count > 0)).toEqual([world.ledger.serves(uid)]);
          }
          for (const pod of world.pods) world.kill(pod);
        },
      ),
      { numRuns: 20, endOnFailure: true },
    );
  }, 120_000);

  it("serves a dead pod's uids elsewhere, and leaves all others where they are (C3, C4)", async () => {
    const world = new World(7, { uids: 20 });
    await pass(world, 100);
    await trafficFor(world, 1000);
    const before = await owners(world);
    world.kill(world.pods[1]!);
    await trafficFor(world, 2 * leaseMs);
    const after = await owners(world);
    expect(before).toContain(1);
    for (const [index, owner] of after.entries()) {
      if (before[index] === 1) expect([0, 2]).toContain(owner);
      else expect(owner).toBe(before[index]);
    }
    expect(world.violations).toEqual([]);
    for (const pod of world.pods) world.kill(pod);
  }, 60_000);
});
