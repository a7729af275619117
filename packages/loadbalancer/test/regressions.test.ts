// Defects of other balancers, as cases.
import { LoadBalancer } from "@route/loadbalancer";
import { describe, expect, it } from "vitest";
import { pickAndFinish, stage } from "./support.ts";

const shares = (picks: readonly (number | string)[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const podId of picks) counts[podId] = (counts[podId] ?? 0) + 1;
  return counts;
};

describe("weighted round robin", () => {
  it.each([
    [[1, 1, 1], 3],
    [[5, 1, 1], 7],
    [[3, 2, 1], 6],
  ])("does not die with weights %j, as the Go original did after one round", (weights, round) => {
    const { balancer } = stage(0, { strategy: "weighted_round_robin" });
    balancer.sync(weights.map((weight, podId) => ({ podId, weight })));
    for (let turn = 0; turn < 50; turn++)
      expect(Object.values(shares(pickAndFinish(balancer, round)))).toEqual(expect.arrayContaining(weights));
  });

  it("is smooth: 5, 1, 1 never gives the heavy pod more than three times in a row", () => {
    const { balancer } = stage(0, { strategy: "weighted_round_robin" });
    balancer.sync([{ podId: "A", weight: 5 }, { podId: "B" }, { podId: "C" }]);
    expect(pickAndFinish(balancer, 70).join("")).not.toContain("AAAA");
  });

  it("gives a pod that joins a fleet of heavy ones its share at once, as grpc-js does not", () => {
    const { balancer } = stage(0, { strategy: "weighted_round_robin", slowStartMs: 0 });
    balancer.sync([
      { podId: 0, weight: 2_000 },
      { podId: 1, weight: 2_000 },
    ]);
    pickAndFinish(balancer, 1_000);
    balancer.add(2, { weight: 2_000 });
    const counts = shares(pickAndFinish(balancer, 3_000));
    expect(Math.abs(counts[2]! - 1_000)).toBeLessThanOrEqual(2);
  });
});

describe("a pod of which nothing is known yet", () => {
  it.each(["adaptive", "least_response_time", "p2c"] as const)("gets work from %s", (strategy) => {
    const { balancer, clock } = stage(2, { strategy, slowStartMs: 0 });
    const work = (picks: number): (number | string)[] => {
      const picked: (number | string)[] = [];
      for (let turn = 0; turn < picks; turn++) {
        const leases = [balancer.pick()!, balancer.pick()!, balancer.pick()!];
        clock.ms += 5;
        for (const lease of leases) {
          lease.done({ ok: true, latencyMs: 5 });
          picked.push(lease.podId);
        }
      }
      return picked;
    };
    work(500);
    balancer.add(2);
    expect(shares(work(500))[2]).toBeGreaterThan(200);
  });
});

describe("a pod that was slow once", () => {
  it.each(["adaptive", "least_response_time"] as const)("is not shunned for ever by %s", (strategy) => {
    const { balancer, clock } = stage(3, { strategy });
    const work = (rounds: number, slowMs: number): (number | string)[] =>
      Array.from({ length: rounds }, () => {
        const leases = [balancer.pick()!, balancer.pick()!, balancer.pick()!, balancer.pick()!];
        clock.ms += 5;
        for (const lease of leases) lease.done({ ok: true, latencyMs: lease.podId === 1 ? slowMs : 5 });
        return leases.map(({ podId }) => podId);
      }).flat();
    const during = shares(work(500, 500))[1] ?? 0;
    work(5_000, 5);
    const after = shares(work(500, 5))[1] ?? 0;
    expect(during).toBeLessThan(300);
    expect(after).toBeGreaterThan(400);
  });
});

describe("the herd", () => {
  it("does not follow a stale report: one smallest load does not get all new links", () => {
    const { balancer } = stage(20);
    for (let podId = 0; podId < 20; podId++)
      balancer.reportLoad(podId, { inFlight: podId === 7 ? 0 : 10, sessions: 5 });
    for (let index = 0; index < 200; index++) balancer.place();
    const sessions = balancer.stats().pods.map((pod) => pod.sessions);
    expect(Math.max(...sessions)).toBeLessThanOrEqual(15);
  });
});

describe("re-adding a pod", () => {
  it("keeps its counts, where the seed's AddPod lost them at every refresh", () => {
    const balancer = new LoadBalancer();
    balancer.add(0, { weight: 2, maxConnections: 10 });
    pickAndFinish(balancer, 5);
    balancer.add(0);
    balancer.setHealth(0, false);
    balancer.add(0, { weight: 3 });
    expect(balancer.stats().pods).toMatchObject([{ podId: 0, successfulRequests: 5, weight: 3, healthy: false }]);
  });
});
