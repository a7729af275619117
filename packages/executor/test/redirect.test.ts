import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import {
  type GuardedUpgradeHandler,
  type PodAgent,
  type PodAgentOptions,
  type RedirectOptions,
  StatefulRouter,
} from "../src/index.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { faultyStore } from "./faulty-store.ts";
import { afterTest, name, serve } from "./guard-fixture.ts";
import { until } from "./waiting.ts";

const uidOf = (req: IncomingMessage): string | undefined =>
  new URL(req.url ?? "/", "http://any").searchParams.get("uid") ?? undefined;

/** Pods without a gateway. All share one store; each has a router of its own unless told otherwise. */
const fleet = async ({
  pods = 2,
  redirect = {},
  ...options
}: Partial<PodAgentOptions> & { pods?: number; redirect?: Partial<RedirectOptions> } = {}) => {
  const faulty = faultyStore(new MemoryStore());
  const start = (id: number) => {
    const router = new StatefulRouter({ ...name, store: faulty.store });
    afterTest(() => router.close());
    const rule = { router, uidOf, ...redirect };
    const sockets = new WebSocketServer({ noServer: true });
    const upgrade: GuardedUpgradeHandler = (req, socket, head) =>
      sockets.handleUpgrade(req, socket, head, (client) => client.send(`${id}`));
    return serve(
      faulty.store,
      {
        listener: (agent) => agent.guard((_req, res, { uid }) => res.end(`${uid} on ${id}`), { redirect: rule }),
        upgrade,
        redirect: () => rule,
      },
      { id, ...options },
    );
  };
  const all: Awaited<ReturnType<typeof serve>>[] = [];
  for (let id = 0; id < pods; id++) all.push(await start(id));
  const ask = (id: number, path: string, follow = true) =>
    fetch(`http://${all[id]!.address}${path}`, { redirect: follow ? "follow" : "manual" });
  return { faulty, pods: all, ask };
};

describe("a fleet without a gateway", () => {
  it("serves what is its own, and sends the client to the owner for the rest", async () => {
    const { pods, ask } = await fleet();
    await pods[1]!.agent.claim("alice");
    const sent = await ask(0, "/rooms?uid=alice&x=1", false);
    expect(sent.status).toBe(307);
    expect(sent.headers.get("location")).toBe(`http://${pods[1]!.address}/rooms?uid=alice&x=1`);
    expect(sent.headers.get("x-route-owner")).toBe("1");
    expect(await (await ask(0, "/rooms?uid=alice")).text()).toBe("alice on 1");
    expect(await (await ask(1, "/rooms?uid=alice", false)).text()).toBe("alice on 1");
  });

  it("places a uid that nobody has", async () => {
    const { pods, ask } = await fleet();
    const text = await (await ask(0, "/?uid=bob")).text();
    const owner = pods.findIndex(({ agent }) => agent.holds("bob"));
    expect(text).toBe(`bob on ${owner}`);
  });

  it("answers 400 to a request that names nobody, and to one from which user code cannot read it", async () => {
    const { ask } = await fleet({ pods: 1 });
    expect((await ask(0, "/")).status).toBe(400);
    const failing = await fleet({
      pods: 1,
      redirect: {
        uidOf: () => {
          throw new Error("not a name");
        },
      },
    });
    expect((await failing.ask(0, "/?uid=a")).status).toBe(400);
  });

  it("sends clients where it is told to", async () => {
    const { pods, ask } = await fleet({
      redirect: { locationOf: ({ pod }, req) => `https://pod-${pod}.example${req.url}` },
    });
    await pods[1]!.agent.claim("a");
    expect((await ask(0, "/x?uid=a", false)).headers.get("location")).toBe("https://pod-1.example/x?uid=a");
  });

  it("serves what it holds while the store is away, and answers 503 for the rest", async () => {
    const { pods, ask, faulty } = await fleet({ pods: 1 });
    await pods[0]!.agent.claim("mine");
    faulty.fault = () => "before";
    expect((await ask(0, "/?uid=mine")).status).toBe(200);
    const answer = await ask(0, "/?uid=other");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  });

  it("leads a client to the owner although all hints are wrong and name each other", async () => {
    const faulty = faultyStore(new MemoryStore());
    const asked = [0, 0];
    // Routers that never hear of changes, and read the store only when they are told to forget.
    const hints: (number | undefined)[] = [1, 0];
    const addresses: string[] = [];
    const routerOf = (id: number) => ({
      resolve: async (uid: string) => {
        const link = (await faulty.store.getLink({ ...name, uid }))!;
        asked[id]!++;
        const pod = hints[id] ?? link.pod;
        return { pod, fence: link.fence, address: addresses[pod]! };
      },
      forget: () => {
        hints[id] = undefined;
      },
    });
    for (const id of [0, 1]) {
      const rule = { router: routerOf(id), uidOf };
      const listener = (agent: PodAgent) => agent.guard((_req, res) => res.end(`pod ${id}`), { redirect: rule });
      addresses[id] = (await serve(faulty.store, { listener }, { id })).address;
    }
    // The link names pod 0, which does not hold the uid yet.
    const [record] = await faulty.store.pods(name);
    await faulty.store.linkIfAbsent({ ...name, uid: "a" }, record!, 3600);
    expect(await (await fetch(`http://${addresses[0]}/?uid=a`)).text()).toBe("pod 0");
    expect(asked[0]).toBeLessThanOrEqual(2);
  });

  it("answers 503 rather than 421 to a client whose uid it may not take", async () => {
    const { pods, ask } = await fleet({ pods: 1, onAcquire: () => Promise.reject(new Error("no disk")) });
    expect(pods[0]!.agent.held()).toEqual([]);
    const answer = await ask(0, "/?uid=a");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  });

  it("sends sockets on as well", async () => {
    const { pods } = await fleet();
    await pods[1]!.agent.claim("a");
    const direct = new WebSocket(`ws://${pods[1]!.address}/?uid=a`);
    expect(`${(await once(direct, "message"))[0]}`).toBe("1");
    const astray = new WebSocket(`ws://${pods[0]!.address}/?uid=a`);
    astray.on("error", () => undefined);
    const [, response] = await once(astray, "unexpected-response");
    expect([response.statusCode, response.headers.location]).toEqual([307, `http://${pods[1]!.address}/?uid=a`]);
    astray.terminate();
    direct.terminate();
    await until("the socket is gone", () => pods[1]!.agent.admit("a")!.inFlight === 0);
  });
});
