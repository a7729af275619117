import { LoadBalancer } from "@route/loadbalancer";
import { describe, expect, it, vi } from "vitest";
import { pickAndFinish, type Stage, stage } from "./support.ts";

/** Fails every request that falls on `ill`, finishes all others, `picks` times. How many failed. */
const work = ({ balancer, clock }: Stage, picks: number, ill: number | undefined): number => {
  let failed = 0;
  for (let index = 0; index < picks; index++) {
    clock.ms += 1;
    const lease = balancer.pick()!;
    const ok = lease.podId !== ill;
    if (!ok) failed++;
    lease.done({ ok, latencyMs: ok ? 10 : 0 });
  }
  return failed;
};
const pod = (balancer: LoadBalancer, podId: number) => balancer.stats().pods.find((each) => each.podId === podId)!;

describe("ejection", () => {
  it("takes a pod out after errors in a row, and tries it with one request when its time is over", () => {
    const scene = stage(4, { strategy: "round_robin", consecutiveErrors: 3, ejectionMs: 1_000 });
    const { balancer, clock } = scene;
    expect(work(scene, 400, 2)).toBe(3);
    expect(pod(balancer, 2)).toMatchObject({ ejected: "3 errors in a row", eligible: false, ejections: 1 });
    clock.ms += 1_300;
    const trial = Array.from({ length: 8 }, () => balancer.pick()!).filter(({ podId }) => podId === 2);
    expect(trial).toHaveLength(1);
    expect(
      balancer
        .stats()
        .pods.map(({ inFlight }) => inFlight)
        .toSorted(),
    ).toEqual([1, 2, 2, 3]);
    trial[0]!.done({ ok: true, latencyMs: 10 });
    expect(pod(balancer, 2)).toMatchObject({ ejected: undefined, eligible: true });
  });

  it("doubles the time with each failed trial, up to the bound, and starts anew after a good spell", () => {
    const { balancer, clock } = stage(4, { consecutiveErrors: 1, ejectionMs: 100, maxEjectionMs: 1_000 });
    /** Fails the next request of pod 0, and says how long the pod is out then. */
    const ejectionMs = (): number => {
      for (let failed = false; !failed; ) {
        const lease = balancer.pick({ strategy: "round_robin" })!;
        failed = lease.podId === 0;
        lease.done({ ok: !failed, latencyMs: 10 });
      }
      const began = clock.ms;
      while (!pod(balancer, 0).eligible) clock.ms += 5;
      return clock.ms - began;
    };
    for (const plainMs of [100, 200, 400, 800, 1_000, 1_000]) {
      const outMs = ejectionMs();
      expect(outMs).toBeGreaterThanOrEqual(plainMs);
      expect(outMs).toBeLessThanOrEqual(1.2 * plainMs + 5);
    }
    for (let pick = 0; pick < 4; pick++) balancer.pick({ strategy: "round_robin" })!.done({ ok: true });
    expect(pod(balancer, 0).ejected).toBeUndefined();
    clock.ms += 1_001;
    expect(ejectionMs()).toBeLessThanOrEqual(125);
  });

  it("never takes out more than its share of the fleet, nor the only pod", () => {
    const scene = stage(5, { strategy: "round_robin", consecutiveErrors: 1, maxEjectedRatio: 0.4 });
    for (let index = 0; index < 100; index++) scene.balancer.pick()!.done({ ok: false });
    expect(scene.balancer.stats().pods.filter(({ ejected }) => ejected !== undefined)).toHaveLength(2);
    const single = stage(1, { consecutiveErrors: 1 });
    expect(work(single, 50, 0)).toBe(50);
    expect(single.balancer.stats().ejections).toBe(0);
  });

  it("leaves open links and leases of the pod alone", () => {
    const scene = stage(3, { strategy: "round_robin", consecutiveErrors: 2 });
    const { balancer } = scene;
    const links = Array.from({ length: 9 }, () => balancer.place()!);
    const leases = Array.from({ length: 3 }, () => balancer.pick()!);
    work(scene, 50, 1);
    expect(pod(balancer, 1)).toMatchObject({ eligible: false, sessions: 3, inFlight: 1 });
    for (const link of links) link.release();
    for (const lease of leases) lease.done({ ok: true });
    expect(balancer.stats()).toMatchObject({ connections: 0 });
  });

  it("does not let a pod return through a late success of an older request", () => {
    const scene = stage(2, { strategy: "round_robin", consecutiveErrors: 2 });
    const { balancer } = scene;
    const old = [balancer.pick()!, balancer.pick()!];
    work(scene, 10, 1);
    for (const lease of old) lease.done({ ok: true, latencyMs: 500 });
    expect(pod(balancer, 1).ejected).toBe("2 errors in a row");
  });

  it("offers another trial where the first was given up", () => {
    const scene = stage(2, { strategy: "round_robin", consecutiveErrors: 1, ejectionMs: 100 });
    work(scene, 2, 1);
    scene.clock.ms += 200;
    const first = [scene.balancer.pick()!, scene.balancer.pick()!].find(({ podId }) => podId === 1)!;
    expect(pod(scene.balancer, 1).eligible).toBe(false);
    first.done();
    expect(pod(scene.balancer, 1).eligible).toBe(true);
  });
});

describe("health", () => {
  it("never takes idleness for illness", () => {
    const { balancer, clock } = stage(3);
    pickAndFinish(balancer, 30);
    clock.ms += 24 * 3_600_000;
    expect(new Set(pickAndFinish(balancer, 300)).size).toBe(3);
    expect(balancer.stats().pods.every(({ healthy, ejected }) => healthy && ejected === undefined)).toBe(true);
  });

  it("does not improve a latency estimate by fast errors", () => {
    for (const strategy of ["adaptive", "least_response_time"] as const) {
      const scene = stage(2, { strategy, consecutiveErrors: Number.POSITIVE_INFINITY });
      work(scene, 200, undefined);
      const failures = work(scene, 400, 1);
      expect(failures).toBeLessThanOrEqual(250);
    }
  });

  it("warms a joined pod up, and not a fleet that starts together", () => {
    const { balancer, clock } = stage(2, { strategy: "p2c", slowStartMs: 1_000 });
    expect(balancer.stats().pods.map(({ weight }) => weight)).toEqual([1, 1]);
    pickAndFinish(balancer, 10);
    balancer.add(2, { weight: 2 });
    expect(pod(balancer, 2).weight).toBeCloseTo(0.2);
    clock.ms += 500;
    pickAndFinish(balancer, 1);
    expect(pod(balancer, 2).weight).toBeCloseTo(1);
    clock.ms += 500;
    pickAndFinish(balancer, 1);
    expect(pod(balancer, 2).weight).toBe(2);
  });

  it("does not send all new links to a pod that has just joined", () => {
    const { balancer } = stage(4, { slowStartMs: 10_000 });
    for (let index = 0; index < 80; index++) balancer.place();
    balancer.add(4);
    for (let index = 0; index < 20; index++) balancer.place();
    expect(pod(balancer, 4).sessions).toBeLessThanOrEqual(8);
  });
});

describe("leases that are never finished", () => {
  it("are swept between one and two times leaseTimeoutMs, and a late done changes nothing", () => {
    const { balancer, clock } = stage(2, { leaseTimeoutMs: 1_000 });
    const lost = [balancer.pick()!, balancer.pick()!];
    clock.ms += 1_500;
    const late = balancer.pick()!;
    expect(balancer.stats()).toMatchObject({ abandonedRequests: 0, inFlight: 3 });
    clock.ms += 600;
    expect(balancer.stats()).toMatchObject({ abandonedRequests: 2, inFlight: 1 });
    for (const lease of lost) lease.done({ ok: true });
    late.done({ ok: true });
    expect(balancer.stats()).toMatchObject({ abandonedRequests: 2, inFlight: 0, successfulRequests: 1 });
  });

  it("get another period where picks did not look at the clock, so that nobody knows how old they are", () => {
    let nowMs = 0;
    const now = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    try {
      const balancer = new LoadBalancer({ leaseTimeoutMs: 1000 });
      balancer.add(0);
      // At this rate one pick in 64 reads the clock, so at most one of the last three.
      pickAndFinish(balancer, 200);
      for (let open = 0; open < 3; open++) balancer.pick();
      nowMs = 10_000;
      expect(balancer.stats()).toMatchObject({ inFlight: 3, abandonedRequests: 0 });
      nowMs = 12_000;
      expect(balancer.stats()).toMatchObject({ inFlight: 0, abandonedRequests: 3 });
    } finally {
      now.mockRestore();
    }
  });

  it("are swept after a long silence, too, and free the places they held", () => {
    const { balancer, clock } = stage(1, { leaseTimeoutMs: 1_000, maxConnections: 2 });
    balancer.pick();
    balancer.pick();
    expect(balancer.pick()).toBeUndefined();
    clock.ms += 3_600_000;
    expect(balancer.pick()).toBeDefined();
    expect(balancer.stats()).toMatchObject({ abandonedRequests: 2, inFlight: 1, totalRequests: 3 });
  });
});
