import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PodLetter } from "../src/letters.ts";
import { type PlannedMoves, planMoves } from "../src/router/rebalance.ts";
import type { PodRecord } from "../src/types.ts";
import { podStatus, setUp } from "./router-setup.ts";

const long = 60_000;

const pod = (id: number, held: number | undefined, maxLinks?: number, load = 0): PodRecord => ({
  ...podStatus(id, { held, maxLinks, load }),
  ...{ pod: id, incarnation: 1, sealed: false, leaseLeftMs: 1, returnLeftMs: 0 },
});

const after = (pods: readonly PodRecord[], plan: readonly PlannedMoves[]): number[] =>
  pods.map(({ pod: id, held = 0 }) => {
    const given = plan.filter(({ from }) => from === id).reduce((sum, { count }) => sum + count, 0);
    const taken = plan.filter(({ to }) => to === id).reduce((sum, { count }) => sum + count, 0);
    return held - given + taken;
  });

const everybody = (pods: readonly PodRecord[]) => new Set(pods.map(({ pod: id }) => id));
const level = (held: number[], moves = 1e6) => {
  const pods = held.map((count, id) => pod(id, count));
  return after(pods, planMoves(pods, everybody(pods), moves));
};

describe("planMoves", () => {
  it("levels what pods hold, and leaves what does not divide where it is", () => {
    expect(level([10, 0, 0])).toEqual([4, 3, 3]);
    expect(level([5, 5, 0])).toEqual([4, 3, 3]);
    expect(level([3, 4, 3])).toEqual([3, 4, 3]);
    expect(level([])).toEqual([]);
    expect(level([7])).toEqual([7]);
  });

  it("spends a small budget where it helps most", () => {
    const pods = [pod(0, 100), pod(1, 60), pod(2, 0), pod(3, 40)];
    expect(planMoves(pods, everybody(pods), 10)).toEqual([{ from: 0, to: 2, count: 10 }]);
  });

  it("goes by the load of pods that do not say what they hold", () => {
    const pods = [pod(0, undefined, undefined, 8.2), pod(1, 2), pod(2, undefined, undefined, -1)];
    expect(planMoves(pods, everybody(pods), 100)).toEqual([
      { from: 0, to: 2, count: 3 },
      { from: 0, to: 1, count: 1 },
    ]);
  });

  it("is fair, frugal and within all bounds", () => {
    const some = fc.record({
      held: fc.nat(50),
      maxLinks: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
      takes: fc.boolean(),
    });
    const property = fc.property(fc.array(some, { maxLength: 8 }), fc.integer({ min: 1, max: 200 }), (all, moves) => {
      const pods = all.map(({ held, maxLinks }, id) => pod(id, held, maxLinks));
      const takers = new Set(pods.filter((_, id) => all[id]!.takes).map(({ pod: id }) => id));
      const plan = planMoves(pods, takers, moves);
      const total = plan.reduce((sum, { count }) => sum + count, 0);
      const held = after(pods, plan);
      expect(total).toBeLessThanOrEqual(moves);
      const givers = new Set(plan.map(({ from }) => from));
      for (const { from, to, count } of plan) {
        expect(count).toBeGreaterThan(0);
        expect(takers.has(to)).toBe(true);
        expect(givers.has(to), "nobody gives and takes").toBe(false);
        expect(held[to]).toBeLessThanOrEqual(pods[to]!.maxLinks ?? Number.POSITIVE_INFINITY);
        const isOverfull = all[from]!.held > (all[from]!.maxLinks ?? Number.POSITIVE_INFINITY);
        if (!isOverfull) expect(held[from]).toBeGreaterThanOrEqual(held[to]!);
      }
      if (total === moves) return;
      // With budget left, nobody who could take holds two less than anybody else.
      for (const taker of takers) {
        const isFull = held[taker]! >= (pods[taker]!.maxLinks ?? Number.POSITIVE_INFINITY);
        if (!isFull) expect(held[taker]! + 1).toBeGreaterThanOrEqual(Math.max(...held));
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe("StatefulRouter.rebalance", () => {
  it("asks the owners, each in proportion to the pace, and answers what it asked", async () => {
    const { router, acquire, lettersTo } = setUp();
    const full = await acquire(0, { held: 90 }, long);
    const other = await acquire(1, { held: 60 }, long);
    const empty = await acquire(2, { held: 0 }, long);
    const plan = await router.rebalance({ budget: { moves: 1000, perSecond: 100 } });
    expect(plan).toEqual([
      { from: 0, to: 2, count: 40 },
      { from: 1, to: 2, count: 10 },
    ]);
    const shed = (count: number, perSecond: number): PodLetter => ({ kind: "shed", count, to: [2], perSecond });
    expect(await lettersTo(full)).toEqual([shed(40, 80)]);
    expect(await lettersTo(other)).toEqual([shed(10, 20)]);
    expect(await lettersTo(empty)).toEqual([]);
  });

  it("only plans in a dry run, and leaves the pace to the owners where none is given", async () => {
    const { router, acquire, lettersTo } = setUp();
    const full = await acquire(0, { held: 9 }, long);
    await acquire(1, { held: 0 }, long);
    const plan = await router.rebalance({ budget: { moves: 3 }, dryRun: true });
    expect(plan).toEqual([{ from: 0, to: 1, count: 3 }]);
    expect(await lettersTo(full)).toEqual([]);
    expect(await router.rebalance({ budget: { moves: 3 } })).toEqual(plan);
    expect(await lettersTo(full)).toEqual([{ kind: "shed", count: 3, to: [1] }]);
  });

  it("gives nothing to pods that take no new uids, and leaves draining ones to themselves", async () => {
    const { router, acquire, scope, passMs } = setUp({ requireLabels: { zone: "a" } });
    const labels = { zone: "a" };
    await acquire(0, { held: 100, labels }, long);
    await acquire(1, { held: 0, labels: { zone: "b" } }, long);
    await acquire(2, { held: 0, labels, state: "deny-new" }, long);
    await acquire(3, { held: 5, labels, maxLinks: 5 }, long);
    const dead = await acquire(4, { held: 0, labels }, long);
    await scope.releasePod(dead);
    await acquire(5, { held: 0, labels }, 100);
    await acquire(6, { held: 200, labels, state: "deny-new" }, long);
    passMs(101);
    await acquire(7, { held: 2, labels, maxLinks: 12 }, long);
    expect(await router.rebalance({ budget: { moves: 1000 }, dryRun: true })).toEqual([{ from: 0, to: 7, count: 10 }]);
  });

  it("names a bad budget", async () => {
    const { router } = setUp();
    for (const budget of [{ moves: 0 }, { moves: Number.NaN }, { moves: 1, perSecond: 0 }]) {
      await expect(router.rebalance({ budget })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });
});
