// One proxy in a process of its own: `proxy-process.ts KIND BACKEND...`. Tells its port, and its memory when asked.
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { Agent, createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore, PodAgent, type Route } from "@route/executor";
import { createProxyServer } from "http-proxy-3";
import { WebSocketServer } from "ws";
import { createGateway } from "../../src/gateway/gateway.ts";
import { type Composed, compose } from "../../src/wiring.ts";

const [kind = "", ...backends] = process.argv.slice(2);
const secret = "secret";

/** The last digits of a uid choose the backend, as far as the load goes. */
const indexOf = (uid: string): number => (uid.charCodeAt(uid.length - 1) & 1) % backends.length;

const bare = (): Server => {
  const routes = backends.map(
    (address, pod): Route => ({
      ...{ pod, incarnation: 1, fence: 1, lifetimeSeconds: 3600, origin: "new", source: "hint", address },
    }),
  );
  const peek = (uid: string): Route => routes[indexOf(uid)]!;
  const router = { peek, resolve: async (uid: string) => peek(uid), forget: () => {}, refreshPods: async () => {} };
  return createGateway({ router, secret }).server;
};

/** A gateway with a real router, its guard's secret and its hints, and with the hooks that `pick` chooses. */
const composed = async (pick: (hooks: Composed["hooks"]) => Partial<Composed["hooks"]>): Promise<Server> => {
  const store = new MemoryStore();
  const name = { namespace: "bench", service: "proxied" };
  const agents = backends.map((address, id) => new PodAgent({ store, ...name, id, address, secret }));
  await Promise.all(agents.map((agent) => agent.start()));
  const traceFile = join(tmpdir(), `route-bench-${process.pid}.jsonl`);
  const { router, hooks } = compose({ ...name, traceFile, traceRatio: 0.01 }, store);
  return createGateway({ router, secret, ...pick(hooks) }).server;
};

const httpProxy = (): Server => {
  const proxy = createProxyServer({ agent: new Agent({ keepAlive: true, maxSockets: 256 }) });
  proxy.on("error", (_error, _req, res) => void res?.end());
  const target = (uid: unknown): string => `http://${backends[indexOf(String(uid))]}`;
  const server = createServer((req, res) => proxy.web(req, res, { target: target(req.headers["x-route-uid"]) }));
  // The load's connections rest while others have their turn.
  server.keepAliveTimeout = 0;
  server.on("upgrade", (req, socket, head) =>
    proxy.ws(req, socket, head, { target: target(req.headers["x-route-uid"]) }),
  );
  return server;
};

const echo = (): Server => {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return server;
};

const kinds: Record<string, () => Server | Promise<Server>> = {
  bare,
  again: bare,
  routing: () => composed(() => ({})),
  metrics: () => composed(({ onRoute, onServed }) => ({ onRoute, onServed })),
  traces: () => composed(({ startTrace }) => ({ startTrace })),
  full: () => composed((hooks) => hooks),
  "http-proxy-3": httpProxy,
  echo,
};
const server = await kinds[kind]!();
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.on("disconnect", () => process.exit(0));
process.on("message", () => {
  for (let run = 0; run < 3; run++) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss, heapUsed, external, descriptors: readdirSync("/proc/self/fd").length });
});
process.send?.({ port: (server.address() as AddressInfo).port });
