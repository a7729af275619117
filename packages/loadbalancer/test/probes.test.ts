import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LoadBalancer } from "@route/loadbalancer";
import { httpProbe, type Probe, ProbeLoop, tcpProbe } from "@route/loadbalancer/probes";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const healthOf = (balancer: LoadBalancer): boolean[] => balancer.stats().pods.map(({ healthy }) => healthy);

describe("probes of a real server", () => {
  let status = 200;
  let server: Server;
  let port = 0;

  beforeEach(async () => {
    status = 200;
    server = createServer((_, response) => {
      if (status > 0) response.writeHead(status).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });

  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  // A busy machine takes its time to answer; only where silence is the point a probe must end soon.
  const loopOf = (balancer: LoadBalancer, probe: Probe, timeoutMs = 10_000): ProbeLoop =>
    new ProbeLoop({ balancer, probe, timeoutMs, failureThreshold: 2, successThreshold: 2 });

  it("take an HTTP pod out after the threshold and back after the other", async () => {
    using balancer = new LoadBalancer();
    balancer.add(0);
    using loop = loopOf(balancer, httpProbe({ url: () => `http://127.0.0.1:${port}/` }));
    const seen: boolean[] = [];
    for (const next of [200, 503, 503, 200, 200]) {
      status = next;
      await loop.round();
      seen.push(...healthOf(balancer));
    }
    expect(seen).toEqual([true, true, false, false, true]);
  });

  it("count a pod that does not answer in time as failed", async () => {
    using balancer = new LoadBalancer();
    balancer.add(0);
    using loop = loopOf(balancer, httpProbe({ url: () => `http://127.0.0.1:${port}/` }), 200);
    status = 0;
    await loop.round();
    await loop.round();
    expect(healthOf(balancer)).toEqual([false]);
  });

  it("are not held up by a probe that never ends", async () => {
    using balancer = new LoadBalancer();
    balancer.add(0);
    using loop = new ProbeLoop({ balancer, probe: () => new Promise(() => {}), timeoutMs: 5, failureThreshold: 1 });
    await loop.round();
    expect(healthOf(balancer)).toEqual([false]);
  });

  it("are content with a TCP connection", async () => {
    using balancer = new LoadBalancer();
    balancer.add(0);
    using loop = loopOf(balancer, tcpProbe({ address: () => ({ host: "127.0.0.1", port }) }));
    await loop.round();
    expect(healthOf(balancer)).toEqual([true]);
    server.close();
    await once(server, "close");
    await loop.round();
    await loop.round();
    expect(healthOf(balancer)).toEqual([false]);
  });

  it("take a test of the status that fails, and an answer that is not true, for no", async () => {
    using balancer = new LoadBalancer();
    balancer.add(0);
    const url = () => `http://127.0.0.1:${port}/`;
    const accept = () => {
      throw new Error("no idea");
    };
    for (const probe of [httpProbe({ url, accept }), async () => "yes" as never]) {
      using loop = new ProbeLoop({ balancer, probe, timeoutMs: 10_000, failureThreshold: 1, successThreshold: 1 });
      balancer.setHealth(0, true);
      await loop.round();
      expect(healthOf(balancer)).toEqual([false]);
    }
  });

  it("go on when a listener fails, which the process is told", async () => {
    const { listeners, told } = { listeners: process.listeners("uncaughtException"), told: [] as unknown[] };
    process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => told.push(error));
    try {
      using balancer = new LoadBalancer();
      balancer.add(0);
      using loop = new ProbeLoop({ balancer, probe: async () => false, failureThreshold: 2 });
      loop.onResult(() => {
        throw new Error("no listener");
      });
      await loop.round();
      await loop.round();
      expect(healthOf(balancer)).toEqual([false]);
      await expect.poll(() => told.length, { timeout: 30_000 }).toBe(2);
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const listener of listeners) process.on("uncaughtException", listener);
    }
  });

  it("run by themselves until closed", async () => {
    using balancer = new LoadBalancer();
    balancer.add(0);
    let asked = 0;
    using loop = new ProbeLoop({
      balancer,
      intervalMs: 1,
      probe: async () => {
        asked++;
        return false;
      },
    });
    const third = new Promise<void>((resolve) => {
      loop.onResult(({ healthy }) => {
        if (!healthy && asked === 3) resolve();
      });
    });
    loop.start().start();
    await third;
    loop.close();
    loop.close();
    expect(healthOf(balancer)).toEqual([false]);
  });
});
