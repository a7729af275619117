// Five node:http pods behind undici: one slowed, one resetting connections. The default strategy beside round robin, same run.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LoadBalancer, type StrategyName } from "@route/loadbalancer";
import { Pool } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PODS = 5;
const SLOWED = 1;
const RESETTING = 3;
const SERVICE_MS = 4;
const SLOWED_MS = 80;
const REQUESTS = 3_000;
const CONCURRENCY = 16;

interface Result {
  readonly errorRatio: number;
  readonly p99Ms: number;
  readonly served: Map<number | string, number>;
}

describe("five real pods", () => {
  const servers: Server[] = [];
  const pools: Pool[] = [];
  const inFlight = Array.from({ length: PODS }, () => 0);

  beforeAll(async () => {
    for (let podId = 0; podId < PODS; podId++) {
      const server = createServer(async (request, response) => {
        if (podId === RESETTING) return void request.socket.resetAndDestroy();
        inFlight[podId]!++;
        await sleep(podId === SLOWED ? SLOWED_MS : SERVICE_MS);
        response.setHeader("x-load", --inFlight[podId]!);
        response.end("served");
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      servers.push(server);
      pools.push(new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: CONCURRENCY }));
    }
  });

  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.destroy()));
    for (const server of servers) server.close().closeAllConnections();
  });

  const drive = async (strategy: StrategyName): Promise<Result> => {
    using balancer = new LoadBalancer({ strategy });
    balancer.sync(pools.map((_, podId) => ({ podId })));
    const latencies: number[] = [];
    const served = new Map<number | string, number>();
    let sent = 0;
    let failed = 0;
    const client = async (): Promise<void> => {
      while (sent++ < REQUESTS) {
        const lease = balancer.pick()!;
        const began = performance.now();
        try {
          const { body, headers } = await pools[lease.podId as number]!.request({ path: "/", method: "GET" });
          await body.dump();
          const latencyMs = performance.now() - began;
          lease.done({ ok: true, latencyMs, load: Number(headers["x-load"]) });
          latencies.push(latencyMs);
          served.set(lease.podId, (served.get(lease.podId) ?? 0) + 1);
        } catch {
          lease.done({ ok: false });
          failed++;
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, client));
    const { inFlight: open, successfulRequests, failedRequests } = balancer.stats();
    expect({ open, successfulRequests, failedRequests }).toEqual({
      open: 0,
      successfulRequests: REQUESTS - failed,
      failedRequests: failed,
    });
    latencies.sort((a, b) => a - b);
    return { errorRatio: failed / REQUESTS, p99Ms: latencies[Math.floor(0.99 * latencies.length)]!, served };
  };

  it("are served around the slow and the resetting one", async () => {
    const roundRobin = await drive("round_robin");
    const adaptive = await drive("adaptive");
    console.log(
      [roundRobin, adaptive]
        .map(({ errorRatio, p99Ms }) => `errors ${(100 * errorRatio).toFixed(2)} %, p99 ${p99Ms.toFixed(0)} ms`)
        .join(" (round_robin); "),
      "(adaptive)",
    );
    // Errors: five until the first ejection, those that were under way with them, and one per trial.
    expect(adaptive.errorRatio).toBeLessThan(0.02);
    expect(adaptive.served.get(RESETTING)).toBeUndefined();
    // Round robin gives the slow pod a quarter of what is left; the default a small part of that. Half of it is allowed: on
    // a machine that stumbles all pods are slow, and the slowed one stands out less.
    expect(roundRobin.served.get(SLOWED)!).toBeGreaterThan(0.2 * REQUESTS);
    expect(adaptive.served.get(SLOWED) ?? 0).toBeLessThan(roundRobin.served.get(SLOWED)! / 2);
  });
});
