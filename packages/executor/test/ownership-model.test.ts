import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { anyHistory, owners, pass, trafficFor } from "./model/histories.ts";
import { leaseMs, World } from "./model/world.ts";
import { patienceMs } from "./waiting.ts";

describe("ownership under an adversarial scheduler", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it(
    "never has two pods hold a uid, never serves under a fence that was passed, and always recovers",
    async () => {
      await fc.assert(anyHistory, { numRuns: 60, endOnFailure: true });
    },
    20 * patienceMs,
  );

  it(
    "moves nobody because of an outage of the store, however long (C5)",
    async () => {
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
    },
    20 * patienceMs,
  );

  // What operators do: the uids of one pod are moved, and up to two of three pods are restarted at nearly the same time.
  const plan = fc.record({
    moved: fc.nat(2),
    drained: fc.array(fc.nat(2), { maxLength: 2 }),
    apartMs: fc.integer({ min: 0, max: 40 }),
  });

  it(
    "loses no request and no state by planned moves, drains and restarts (C4)",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.array(plan, { maxLength: 6 }), async (seed, plans) => {
          const world = new World(seed, { linkLifetimeSeconds: 60 });
          await pass(world, 100);
          const failures = await trafficFor(world, 200);
          for (const { moved, drained, apartMs } of plans) {
            world.moveAll(world.pods[moved]!);
            for (const pod of new Set(drained)) {
              void world.restart(world.pods[pod]!, "move");
              await pass(world, apartMs);
            }
            failures.push(...(await trafficFor(world, 500)));
          }
          expect(failures).toEqual([]);
          expect(world.violations).toEqual([]);
          for (const uid of world.uids) {
            const counts = world.pods.map(({ counts }) => counts.get(uid) ?? 0);
            expect(counts.filter((count) => count > 0)).toEqual([world.ledger.serves(uid)]);
          }
          for (const pod of world.pods) world.kill(pod);
        }),
        { numRuns: 20, endOnFailure: true },
      );
    },
    20 * patienceMs,
  );

  it(
    "serves a dead pod's uids elsewhere, and leaves all others where they are (C3, C4)",
    async () => {
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
    },
    20 * patienceMs,
  );
});
