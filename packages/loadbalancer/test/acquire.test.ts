import { describe, expect, it } from "vitest";
import { stage } from "./support.ts";

describe("acquire", () => {
  it("gives a lease at once where a place is free", async () => {
    const { balancer } = stage(1, { maxConnections: 1 });
    expect((await balancer.acquire()).podId).toBe(0);
  });

  it("waits for places in the order of arrival", async () => {
    const { balancer } = stage(1, { maxConnections: 1 });
    const first = balancer.pick()!;
    const order: string[] = [];
    const second = balancer.acquire().then((lease) => {
      order.push("second");
      return lease;
    });
    const third = balancer.acquire().then((lease) => {
      order.push("third");
      return lease;
    });
    expect(balancer.stats().waiting).toBe(2);
    first.done({ ok: true });
    (await second).done({ ok: true });
    (await third).done({ ok: true });
    expect(order).toEqual(["second", "third"]);
    expect(balancer.stats()).toMatchObject({ waiting: 0, inFlight: 0, successfulRequests: 3 });
  });

  it("is served by a link that is released and by a pod that joins", async () => {
    const { balancer } = stage(1, { maxConnections: 1 });
    const link = balancer.place()!;
    const waiting = balancer.acquire();
    link.release();
    expect((await waiting).podId).toBe(0);
    const next = balancer.acquire();
    balancer.add("new");
    expect((await next).podId).toBe("new");
  });

  it("tells strategies the counts that hold after the waiting were served", async () => {
    const { balancer } = stage(1, { strategy: "least_connections", maxConnections: 2, slowStartMs: 0 });
    const held = [balancer.pick()!, balancer.pick()!];
    const waiting = balancer.acquire();
    balancer.add(0, { maxConnections: 3 });
    held.push(await waiting);
    const more = balancer.acquire();
    held[0]!.done({ ok: true });
    held.push(await more);
    balancer.add(0, { maxConnections: 10 });
    balancer.add(1, { maxConnections: 10 });
    // Three are open on pod 0: the next three belong to pod 1, and then they take turns.
    const next = Array.from({ length: 5 }, () => balancer.pick()!.podId);
    expect(next.slice(0, 3)).toEqual([1, 1, 1]);
    expect(next.slice(3).toSorted()).toEqual([0, 1]);
  });

  it("refuses where too many wait", async () => {
    const { balancer } = stage(1, { maxConnections: 1, maxWaiting: 1 });
    const lease = balancer.pick()!;
    const waiting = balancer.acquire();
    await expect(balancer.acquire()).rejects.toMatchObject({ code: "QUEUE_FULL" });
    lease.done({ ok: true });
    (await waiting).done({ ok: true });
  });

  it("gives up after waitTimeoutMs", async () => {
    const { balancer } = stage(0, { waitTimeoutMs: 5 });
    await expect(balancer.acquire()).rejects.toMatchObject({ code: "WAIT_TIMEOUT" });
    expect(balancer.stats().waiting).toBe(0);
  });

  it("ends with its signal, before, while and after waiting", async () => {
    const { balancer } = stage(1, { maxConnections: 1 });
    const reason = new Error("client left");
    await expect(balancer.acquire({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const held = balancer.pick()!;
    const controller = new AbortController();
    const waiting = balancer.acquire({ signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(balancer.stats().waiting).toBe(0);
    held.done({ ok: true });
    const later = new AbortController();
    const lease = await balancer.acquire({ signal: later.signal });
    later.abort(reason);
    lease.done({ ok: false });
    expect(balancer.stats()).toMatchObject({ inFlight: 0, abortedRequests: 1, failedRequests: 0 });
  });

  it("is turned away by close", async () => {
    const { balancer } = stage(0);
    const waiting = balancer.acquire();
    balancer.close();
    await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
    await expect(balancer.acquire()).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("a signal of a pick", () => {
  it("ends the lease, does not blame the pod, and is let go of by done", () => {
    const { balancer } = stage(1);
    const controller = new AbortController();
    balancer.pick({ signal: controller.signal });
    const finished = balancer.pick({ signal: controller.signal })!;
    finished.done({ ok: true });
    controller.abort();
    expect(balancer.stats()).toMatchObject({ inFlight: 0, abortedRequests: 1, successfulRequests: 1 });
    expect(() => balancer.pick({ signal: AbortSignal.abort("late") })).toThrow("late");
  });
});
