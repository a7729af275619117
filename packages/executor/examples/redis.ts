// Run with the address of a Redis 7 or Valkey server: REDIS_URL=redis://127.0.0.1:6379 node redis.ts
import { once } from "node:events";
import { createServer } from "node:http";
import { PodAgent, StatefulExecutor, StatefulRouter, wire } from "@route/executor";
import { RedisStore } from "@route/executor/redis";

const url = process.env["REDIS_URL"];
if (url === undefined) throw new Error("REDIS_URL must name a Redis server, e.g. redis://127.0.0.1:6379");

const service = { namespace: "example", service: `rooms-${process.pid}` };

// Pods and gateways are processes of their own; here each has at least a store of its own, as it would there.
const startPod = async (id: number) => {
  const store = new RedisStore({ url });
  const rooms = new Map<string, string[]>();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const agent = new PodAgent({
    ...service,
    ...{ store, id, address: `127.0.0.1:${port}` },
    onAcquire: (uid, { reason, fence }) => {
      rooms.set(uid, [`pod ${id} opened ${uid} (${reason}, fence ${fence})`]);
    },
    onLost: (uid) => rooms.delete(uid),
  });
  const handler = agent.guard((_req, res, { uid }) => {
    rooms.get(uid)?.push(`request ${rooms.get(uid)?.length}`);
    res.end(rooms.get(uid)?.join(", "));
  });
  server.on("request", handler);
  await agent.start();
  const stop = async (): Promise<void> => {
    await agent.stop();
    server.close();
    server.closeAllConnections();
    await store.close();
  };
  return { stop };
};
const pods = [await startPod(0), await startPod(1)];

// Each visit comes through a gateway that has just started: nothing but the link in Redis leads it to the pod.
const store = new RedisStore({ url });
const visit = async (uid: string): Promise<number> => {
  const router = new StatefulRouter({ ...service, store, linkLifetimeSeconds: 60 });
  const { pod, address, fence } = await router.resolve(uid);
  const response = await fetch(`http://${address}/`, { headers: wire.routeHeaders(uid, fence) });
  console.log(await response.text());
  router.close();
  return pod;
};

await visit("room:lobby");
const pod = await visit("room:lobby");

// The pod leaves: the next gateway takes the room over to the other one, under a greater fence.
await pods[pod]?.stop();
await visit("room:lobby");

await pods[1 - pod]?.stop();
await new StatefulExecutor({ store }).scope(service).removeLinkedPod("room:lobby");
await store.close();
