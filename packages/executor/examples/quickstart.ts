import { once } from "node:events";
import { createServer } from "node:http";
import { MemoryStore, PodAgent, StatefulRouter, wire } from "@route/executor";

const service = { namespace: "demo", service: "counter" };
const store = new MemoryStore();

// A pod keeps the counters of its users in memory. The guard lets nothing run for a user whom another pod holds.
const startPod = async (id: number) => {
  const counts = new Map<string, number>();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const address = `127.0.0.1:${port}`;
  const agent = new PodAgent({ ...service, store, id, address, onLost: (uid) => counts.delete(uid) });
  const handler = agent.guard((_req, res, { uid }) => {
    const count = (counts.get(uid) ?? 0) + 1;
    counts.set(uid, count);
    res.end(`${uid} was counted ${count} times by pod ${id}`);
  });
  server.on("request", handler);
  await agent.start();
  return { agent, server };
};
const pods = [await startPod(0), await startPod(1)];

// A gateway asks the router for the pod, and asks again if that pod refuses: hints may be old.
const router = new StatefulRouter({ ...service, store });
const ask = async (uid: string): Promise<string> => {
  for (let attempt = 0; attempt < 3; attempt++) {
    const { address, fence } = await router.resolve(uid);
    const response = await fetch(`http://${address}/`, { headers: wire.routeHeaders(uid, fence) });
    if (response.status !== 421) return response.text();
    router.forget(uid);
  }
  throw new Error(`no pod serves ${uid}`);
};

for (const uid of ["alice", "bob", "alice", "bob", "alice"]) console.log(await ask(uid));

// Alice's pod leaves: the other one takes her over and starts at 1. Bob stays where he is, unless he was there too.
const { pod } = await router.resolve("alice");
await pods[pod]?.agent.stop();
console.log(`pod ${pod} has stopped`);
console.log(await ask("alice"));

router.close();
for (const { agent, server } of pods) {
  await agent.stop();
  server.close();
  server.closeAllConnections();
}
