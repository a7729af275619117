import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { PodAgent, type PodAgentOptions } from "../src/index.ts";
import { type GuardedHandler, ownershipOf } from "../src/pod/guard.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { faultyStore } from "./faulty-store.ts";
import { until } from "./waiting.ts";

const name = { namespace: "test", service: "rooms" };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A pod behind a real HTTP server; `listener` builds the server's listener from the agent. */
const serve = async (listener: (agent: PodAgent) => RequestListener, options: Partial<PodAgentOptions> = {}) => {
  const faulty = faultyStore(new MemoryStore());
  const agent = new PodAgent({
    store: faulty.store,
    ...name,
    id: 3,
    address: "127.0.0.1:1",
    leaseMs: 60_000,
    ...options,
  });
  await agent.start();
  const server = createServer(listener(agent)).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(
    () => agent.stop({ graceMs: 0 }),
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const link = async (uid: string) =>
    (await faulty.store.linkIfAbsent({ ...name, uid }, { pod: 3, incarnation: agent.incarnation! }, "persistent")).link;
  const get = (uid: string, fence: number | string, headers: Record<string, string> = {}) =>
    fetch(url, { headers: { "x-route-uid": encodeURIComponent(uid), "x-route-fence": `${fence}`, ...headers } });
  return { agent, faulty, url, link, get };
};

const echo: GuardedHandler = (_req, res, { uid, fence, signal }) => {
  res.end(JSON.stringify({ uid, fence, aborted: signal.aborted }));
};

describe("agent.guard()", () => {
  it("lets the owner's requests through, with the uid, the fence and a signal", async () => {
    const { link, get } = await serve((agent) => agent.guard(echo));
    const uid = "Jürgen / 50 % 🦊";
    const { fence } = await link(uid);
    const response = await get(uid, fence);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-route-load")).toBe("1");
    expect(await response.json()).toEqual({ uid, fence, aborted: false });
  });

  it("answers 421 before user code runs, and says who owns the uid", async () => {
    let ran = 0;
    const { link, get } = await serve((agent) => agent.guard(() => void ran++));
    const { fence } = await link("alice");
    const response = await get("alice", fence - 1);
    expect(response.status).toBe(421);
    expect(response.headers.get("x-route-refused")).toBe("not-owner");
    expect(response.headers.get("x-route-owner")).toBe("3");
    expect(await response.json()).toMatchObject({ error: { code: "NOT_OWNER" } });
    expect(ran).toBe(0);
  });

  it("says farewell to connections once the pod has stopped, not before", async () => {
    const { agent, link, get } = await serve((agent) => agent.guard(echo));
    const { fence } = await link("alice");
    expect((await get("alice", fence)).headers.get("connection")).toBe("keep-alive");
    expect((await get("alice", fence - 1)).headers.get("connection")).toBe("keep-alive");
    await agent.stop();
    const response = await get("alice", fence);
    expect(response.status).toBe(421);
    expect(response.headers.get("connection")).toBe("close");
  });

  it("works as middleware", async () => {
    const app = (agent: PodAgent) => {
      const guard = agent.guard();
      return (req: IncomingMessage, res: ServerResponse) => guard(req, res, () => res.end(ownershipOf(req).uid));
    };
    const { link, get } = await serve(app);
    const { fence } = await link("alice");
    expect(await (await get("alice", fence)).text()).toBe("alice");
    expect(() => ownershipOf({} as IncomingMessage)).toThrow(/did not pass agent.guard\(\)/);
  });

  it("answers 400 without uid and fence, and for a broken encoding", async () => {
    const { url, get } = await serve((agent) => agent.guard(echo));
    expect((await fetch(url)).status).toBe(400);
    for (const fence of ["", "x", "0", "-1", "1.5", "1e30"]) expect((await get("a", fence)).status, fence).toBe(400);
    expect((await get("a", 1, { "x-route-uid": "%zz" })).status).toBe(400);
  });

  it("reads a fence however it is written", async () => {
    const { link, get } = await serve((agent) => agent.guard(echo));
    const { fence } = await link("alice");
    for (const text of [`${fence}`, `0${fence}`, ` ${fence}`, `${fence}.0`]) {
      expect((await get("alice", text)).status, text).toBe(200);
    }
    for (const text of [`${fence - 1}`, `${fence + 1}`]) expect((await get("alice", text)).status, text).toBe(421);
  });

  it("answers 403 without the shared secret", async () => {
    const { link, get } = await serve((agent) => agent.guard(echo), { secret: "s3cret" });
    const { fence } = await link("alice");
    expect((await get("alice", fence)).status).toBe(403);
    expect((await get("alice", fence, { "x-route-secret": "s3creT" })).status).toBe(403);
    expect((await get("alice", fence, { "x-route-secret": "s3cret" })).status).toBe(200);
  });

  it("answers 503 when it must ask the store and cannot, and goes on serving what it holds", async () => {
    const { link, get, faulty } = await serve((agent) => agent.guard(echo));
    const { fence } = await link("alice");
    await get("alice", fence);
    faulty.fault = () => "before";
    expect((await get("alice", fence)).status).toBe(200);
    const response = await get("bob", fence);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
  });

  it("answers 503 when user code cannot take the uid up", async () => {
    const onAcquire = () => Promise.reject(new Error("no disk"));
    const { link, get } = await serve((agent) => agent.guard(echo), { onAcquire });
    const { fence } = await link("alice");
    const response = await get("alice", fence);
    expect(response.status).toBe(503);
    expect(response.headers.get("x-route-refused")).toBe("failed");
  });

  it("counts requests in flight, also those whose client has left", async () => {
    const held: (() => void)[] = [];
    const { agent, link, url } = await serve((agent) => agent.guard((_req, res) => void held.push(() => res.end())));
    const { fence } = await link("alice");
    const headers = { "x-route-uid": "alice", "x-route-fence": `${fence}` };
    const abort = new AbortController();
    const gone = fetch(url, { headers, signal: abort.signal });
    const answered = fetch(url, { headers });
    await until("both are in flight", () => held.length === 2);
    expect(agent.admit("alice", fence)!.inFlight).toBe(2);
    abort.abort();
    await expect(gone).rejects.toThrow();
    for (const answer of held) answer();
    await (await answered).text();
    await until("nothing is in flight", () => agent.admit("alice", fence)!.inFlight === 0);
  });
});
