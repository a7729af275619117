import { LoadBalancer } from "@route/loadbalancer";
import { describe, expect, it } from "vitest";
import { ManualClock, pickAndFinish, stage } from "./support.ts";

describe("LoadBalancer", () => {
  it("gives undefined where there is no pod", () => {
    const { balancer } = stage(0);
    expect(balancer.pick()).toBeUndefined();
    expect(balancer.place()).toBeUndefined();
    expect(balancer.stats().refusedRequests).toBe(1);
  });

  it.each([0, "", "pod-7", -3])("takes %j as a pod id", (podId) => {
    const balancer = new LoadBalancer();
    balancer.add(podId);
    expect(balancer.pick()?.podId).toBe(podId);
    expect(balancer.place()?.podId).toBe(podId);
    expect(balancer.remove(podId)).toBe(true);
    expect(balancer.pick()).toBeUndefined();
  });

  it("keeps 1 and '1' apart", () => {
    const balancer = new LoadBalancer({ strategy: "round_robin" });
    balancer.sync([{ podId: 1 }, { podId: "1" }]);
    expect(pickAndFinish(balancer, 2)).toEqual([1, "1"]);
  });

  it("counts each lease once, whatever done is told afterwards", () => {
    const { balancer } = stage(1);
    const lease = balancer.pick()!;
    expect(balancer.stats()).toMatchObject({ totalRequests: 1, inFlight: 1, successfulRequests: 0 });
    lease.done({ ok: true, latencyMs: 30 });
    lease.done({ ok: false, latencyMs: 99 });
    expect(balancer.stats()).toMatchObject({
      totalRequests: 1,
      inFlight: 0,
      successfulRequests: 1,
      failedRequests: 0,
      averageResponseTimeMs: 30,
    });
  });

  it("has a true mean as average response time, over successes only", () => {
    const { balancer } = stage(2);
    for (const latencyMs of [10, 20, 60]) balancer.pick()!.done({ ok: true, latencyMs });
    balancer.pick()!.done({ ok: false, latencyMs: 0 });
    expect(balancer.stats().averageResponseTimeMs).toBe(30);
  });

  it("takes figures given as text for unknown, and null for nothing", () => {
    const { balancer } = stage(1, { strategy: "least_connections" });
    balancer.pick()!.done({ ok: true, latencyMs: 12 });
    balancer.pick()!.done({ ok: true, latencyMs: "5" as never, load: "3" as never });
    balancer.pick()!.done(null as never);
    expect(balancer.stats()).toMatchObject({
      averageResponseTimeMs: 12,
      successfulRequests: 2,
      failedRequests: 0,
      abortedRequests: 1,
      inFlight: 0,
    });
  });

  it("tells when the last request came", () => {
    const { balancer, clock } = stage(1);
    expect(balancer.stats().lastRequestAtMs).toBeUndefined();
    clock.ms = 5000;
    balancer.pick();
    clock.ms = 9000;
    expect(balancer.stats().lastRequestAtMs).toBe(5000);
  });

  it("measures the latency itself where the caller does not say", () => {
    const { balancer, clock } = stage(1, { strategy: "adaptive" });
    const lease = balancer.pick()!;
    clock.ms += 25;
    lease.done({ ok: true });
    expect(balancer.stats().averageResponseTimeMs).toBe(25);
  });

  it("balances links by the sessions that pods hold", () => {
    const { balancer } = stage(4);
    const links = Array.from({ length: 40 }, () => balancer.place()!);
    expect(balancer.stats().pods.map(({ sessions }) => sessions)).toEqual([10, 10, 10, 10]);
    for (const link of links) {
      link.release();
      link.release();
    }
    expect(balancer.stats()).toMatchObject({ sessions: 0, connections: 0 });
  });

  it("keeps counts over sync, leaves and returns", () => {
    const { balancer } = stage(2, { strategy: "round_robin" });
    pickAndFinish(balancer, 10);
    const open = balancer.pick()!;
    balancer.sync([{ podId: 0, weight: 3 }, { podId: 1 }, { podId: 2 }]);
    expect(balancer.stats()).toMatchObject({ successfulRequests: 10, inFlight: 1 });
    balancer.sync([{ podId: 1 }]);
    expect(balancer.stats()).toMatchObject({ successfulRequests: 10, inFlight: 1 });
    balancer.sync([{ podId: 0 }, { podId: 1 }]);
    expect(balancer.stats().pods.find(({ podId }) => podId === open.podId)).toMatchObject({ inFlight: 1 });
    open.done({ ok: true });
    expect(balancer.stats()).toMatchObject({ successfulRequests: 11, inFlight: 0 });
  });

  it("gives no new work to draining pods and lets them finish what they have", () => {
    const { balancer } = stage(2, { strategy: "round_robin" });
    const lease = balancer.pick()!;
    balancer.sync([
      { podId: 0, state: "deny-new" },
      { podId: 1, state: "shutdown" },
    ]);
    expect(balancer.pick()).toBeUndefined();
    expect(balancer.place()).toBeUndefined();
    lease.done({ ok: true });
    expect(balancer.stats()).toMatchObject({ successfulRequests: 1, inFlight: 0 });
  });

  it("gives no new work to unhealthy pods", () => {
    const { balancer } = stage(4);
    expect(balancer.setHealth(2, false)).toBe(true);
    expect(balancer.setHealth("nobody", false)).toBe(false);
    expect(pickAndFinish(balancer, 100)).not.toContain(2);
    balancer.setHealth(2, true);
    expect(pickAndFinish(balancer, 100)).toContain(2);
  });

  it("says why the last pick fell where it did", () => {
    const { balancer } = stage(3, { strategy: "p2c" });
    expect(balancer.explain()).toBeUndefined();
    const lease = balancer.pick()!;
    expect(balancer.explain()).toMatchObject({ podId: lease.podId, strategy: "p2c", trial: false, panicking: false });
    expect(balancer.explain()!.considered).toHaveLength(2);
  });

  it("can be closed twice, and open leases can still be finished", () => {
    using balancer = new LoadBalancer({ clock: new ManualClock() });
    balancer.add(0);
    const lease = balancer.pick()!;
    balancer.close();
    balancer.close();
    expect(balancer.pick()).toBeUndefined();
    expect(balancer.setHealth(0, true)).toBe(false);
    expect(() => balancer.add(1)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    lease.done({ ok: true });
    expect(balancer.stats()).toMatchObject({ successfulRequests: 1, inFlight: 0 });
  });
});

describe("exact strategies", () => {
  it("round_robin goes round in the order of joining", () => {
    const { balancer } = stage(3, { strategy: "round_robin" });
    expect(pickAndFinish(balancer, 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  it("least_connections always picks a pod with the fewest open leases", () => {
    const { balancer } = stage(5, { strategy: "least_connections" });
    const leases = Array.from({ length: 15 }, () => balancer.pick()!);
    expect(balancer.stats().pods.map(({ inFlight }) => inFlight)).toEqual([3, 3, 3, 3, 3]);
    for (const lease of leases.filter(({ podId }) => podId === 4)) lease.done({ ok: true });
    expect([balancer.pick()!.podId, balancer.pick()!.podId, balancer.pick()!.podId]).toEqual([4, 4, 4]);
  });
});
