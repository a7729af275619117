// What holds for every strategy, run against each of them.
import { type Lease, LoadBalancer, type StrategyName, strategies } from "@route/loadbalancer";
import { describe, expect, it } from "vitest";
import { ManualClock, seeded, stage } from "./support.ts";

const names = Object.keys(strategies) as StrategyName[];
const keyed: readonly StrategyName[] = ["maglev", "rendezvous"];

describe.each(names)("strategy %s", (strategy) => {
  let turn = 0;
  const pick = (balancer: LoadBalancer): Lease | undefined => balancer.pick({ key: `user-${turn++}` });
  const finish = (lease: Lease | undefined): void => lease?.done({ ok: true, latencyMs: 10 });
  const pickedBy = (balancer: LoadBalancer, picks: number): Map<number | string, number> => {
    const counts = new Map<number | string, number>();
    for (let index = 0; index < picks; index++) {
      const lease = pick(balancer)!;
      counts.set(lease.podId, (counts.get(lease.podId) ?? 0) + 1);
      finish(lease);
    }
    return counts;
  };

  it("picks nothing where nobody is, and the one where one is", () => {
    const { balancer } = stage(0, { strategy });
    expect(pick(balancer)).toBeUndefined();
    balancer.add(0);
    expect(pick(balancer)!.podId).toBe(0);
    balancer.remove(0);
    expect(pick(balancer)).toBeUndefined();
    balancer.add("");
    expect(pick(balancer)!.podId).toBe("");
  });

  it("reaches every pod of a healthy fleet, alike", () => {
    const { balancer, clock } = stage(5, { strategy });
    const counts = new Map<number | string, number>();
    for (let index = 0; index < 5_000; index++) {
      const leases = Array.from({ length: 4 }, () => pick(balancer)!);
      clock.ms += 10;
      for (const lease of leases) {
        counts.set(lease.podId, (counts.get(lease.podId) ?? 0) + 1);
        finish(lease);
      }
    }
    expect(counts.size).toBe(5);
    for (const count of counts.values()) expect(Math.abs(count / 4_000 - 1)).toBeLessThan(0.25);
  });

  it("never picks a pod that was removed, unhealthy, draining or of weight 0", () => {
    const { balancer } = stage(6, { strategy });
    balancer.remove(0);
    balancer.setHealth(1, false);
    balancer.sync([
      { podId: 1 },
      { podId: 2, state: "deny-new" },
      { podId: 3, weight: 0 },
      { podId: 4 },
      { podId: 5 },
      { podId: 6 },
    ]);
    expect(new Set(pickedBy(balancer, 300).keys())).toEqual(new Set([4, 5, 6]));
    balancer.add(3, { weight: 1 });
    expect(pickedBy(balancer, 1_000).has(3)).toBe(true);
  });

  it("picks nothing where all weights are 0", () => {
    const { balancer } = stage(0, { strategy });
    balancer.sync([
      { podId: 0, weight: 0 },
      { podId: 1, weight: 0 },
    ]);
    expect(pick(balancer)).toBeUndefined();
  });

  it("survives the removal of a pod with open leases, and its slot's next owner is not touched by them", () => {
    const { balancer } = stage(3, { strategy });
    const leases = Array.from({ length: 12 }, () => pick(balancer)!);
    const gone = leases[0]!.podId;
    balancer.remove(gone);
    balancer.add("next");
    for (const lease of leases) finish(lease);
    const stats = balancer.stats();
    expect(stats).toMatchObject({ inFlight: 0, successfulRequests: 12 });
    expect(stats.pods.find(({ podId }) => podId === "next")).toMatchObject({ inFlight: 0, successfulRequests: 0 });
    expect(pickedBy(balancer, 200).has(gone)).toBe(false);
  });

  it("uses all pods again where too many are unhealthy, or none where told so", () => {
    const { balancer } = stage(4, { strategy });
    for (const podId of [0, 1, 2, 3]) balancer.setHealth(podId, false);
    expect(pickedBy(balancer, 400).size).toBe(4);
    expect(balancer.stats().panicking).toBe(true);
    const strict = stage(4, { strategy, panic: "none" }).balancer;
    for (const podId of [0, 1, 2, 3]) strict.setHealth(podId, false);
    expect(pick(strict)).toBeUndefined();
    strict.setHealth(0, true);
    strict.setHealth(1, true);
    expect(new Set(pickedBy(strict, 100).keys())).toEqual(new Set([0, 1]));
  });

  it("respects limits, and takes a pod again as soon as a place is free", () => {
    const { balancer } = stage(2, { strategy, maxConnections: 3 });
    const leases = Array.from({ length: 6 }, () => pick(balancer)!);
    expect(balancer.stats().pods.map(({ inFlight }) => inFlight)).toEqual([3, 3]);
    expect(pick(balancer)).toBeUndefined();
    finish(leases[2]);
    expect(pick(balancer)!.podId).toBe(leases[2]!.podId);
  });

  it("goes on when the clock is set back", () => {
    const { balancer, clock } = stage(3, { strategy });
    for (let index = 0; index < 300; index++) {
      clock.ms += index % 3 === 0 ? -5_000 : 20;
      const lease = pick(balancer)!;
      lease.done({ ok: true });
    }
    const stats = balancer.stats();
    expect(stats.successfulRequests).toBe(300);
    for (const pod of stats.pods) expect(pod.averageResponseTimeMs ?? 0).toBeGreaterThanOrEqual(0);
  });

  it("gives the same picks for the same seed", () => {
    const run = (): (number | string)[] => {
      const balancer = new LoadBalancer({ strategy, clock: new ManualClock(), random: seeded(42) });
      balancer.sync([{ podId: "a", weight: 2 }, { podId: "b" }, { podId: "c", weight: 0.5 }]);
      return Array.from({ length: 200 }, (_, index) => {
        const lease = balancer.pick({ key: index })!;
        if (index % 3 > 0) lease.done({ ok: index % 7 > 0, latencyMs: 5 + (index % 11) });
        return lease.podId;
      });
    };
    expect(run()).toEqual(run());
  });

  it("keeps leases, health and counts over a change of strategy", () => {
    const { balancer } = stage(3, { strategy });
    const open = [pick(balancer)!, pick(balancer)!];
    balancer.setHealth(2, false);
    for (const next of names) {
      balancer.setStrategy(next);
      for (let index = 0; index < 20; index++) {
        const lease = pick(balancer)!;
        expect(lease.podId).not.toBe(2);
        finish(lease);
      }
    }
    expect(balancer.stats()).toMatchObject({ inFlight: 2, totalRequests: 2 + 20 * names.length });
    for (const lease of open) finish(lease);
    expect(balancer.stats().inFlight).toBe(0);
  });

  it("explains its picks", () => {
    const { balancer } = stage(3, { strategy });
    const lease = pick(balancer)!;
    const explanation = balancer.explain()!;
    expect(explanation).toMatchObject({ podId: lease.podId, strategy, fleet: { size: 3, willing: 3, fit: 3 } });
    expect(explanation.reason).not.toBe("");
    for (const { cost } of explanation.considered) expect(cost).toBeGreaterThan(0);
  });
});

describe.each(keyed)("keyed strategy %s", (strategy) => {
  it("sends a key to the same pod, from any gateway, in whatever order pods joined", () => {
    const one = stage(0, { strategy }).balancer;
    const two = stage(0, { strategy, random: seeded(99) }).balancer;
    const pods = Array.from({ length: 9 }, (_, podId) => ({ podId, weight: 1 + (podId % 2) }));
    one.sync(pods);
    for (const spec of pods.toReversed()) two.add(spec.podId, spec);
    for (let key = 0; key < 500; key++)
      expect(one.pick({ key: `k${key}` })!.podId).toBe(two.pick({ key: `k${key}` })!.podId);
    expect(one.place({ key: "session" })!.podId).toBe(two.pick({ key: "session" })!.podId);
  });

  it("moves only the keys of a pod that leaves, and gives them back to it", () => {
    const { balancer } = stage(20, { strategy });
    const owners = (): (number | string)[] =>
      Array.from({ length: 2_000 }, (_, key) => {
        const lease = balancer.pick({ key })!;
        lease.done({ ok: true });
        return lease.podId;
      });
    const before = owners();
    balancer.setHealth(7, false);
    const without = owners();
    expect(without).not.toContain(7);
    for (const [key, owner] of before.entries()) if (owner !== 7) expect(without[key]).toBe(owner);
    balancer.setHealth(7, true);
    expect(owners()).toEqual(before);
  });
});
