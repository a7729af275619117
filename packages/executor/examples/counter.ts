// A counter service of two pods and a gateway: a pod is drained in the middle, and no count is lost.
import { once } from "node:events";
import { createServer } from "node:http";
import { MemoryStore, PodAgent, StatefulRouter, wire } from "@route/executor";

const service = { namespace: "example", service: "counters" };
const store = new MemoryStore(); // Across processes: new RedisStore({ url }) from @route/executor/redis, one for each.

const startPod = async (id: number) => {
  const counts = new Map<string, number>();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const agent = new PodAgent({
    ...service,
    ...{ store, id, address: `127.0.0.1:${port}` },
    // The other end of onRelease; without a state the uid is new, or its last owner died.
    onAcquire: (uid, { state }) => counts.set(uid, state === undefined ? 0 : Number(state)),
    // Nothing is in flight for the uid any more: what is returned goes to the next owner.
    onRelease: (uid) => {
      const count = counts.get(uid);
      counts.delete(uid);
      return `${count}`;
    },
    onLost: (uid) => counts.delete(uid),
  });
  const handler = agent.guard((_req, res, { uid }) => {
    const count = (counts.get(uid) ?? 0) + 1;
    counts.set(uid, count);
    res.end(`${count}`);
  });
  server.on("request", handler);
  await agent.start();
  const stop = async (): Promise<void> => {
    await agent.stop();
    server.close();
    server.closeAllConnections();
  };
  return { agent, stop };
};

const router = new StatefulRouter({ ...service, store });
const count = async (uid: string): Promise<number> => {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { address, fence } = await router.resolve(uid);
    const response = await fetch(`http://${address}/`, { headers: wire.routeHeaders(uid, fence) });
    if (response.ok) return Number(await response.text());
    router.forget(uid);
  }
  throw new Error(`no pod serves ${uid}`);
};

const uids = Array.from({ length: 20 }, (_, index) => `user-${index}`);
const countAll = () => Promise.all(uids.map(count));

const first = await startPod(0);
for (let round = 0; round < 3; round++) await countAll();
console.log(`pod 0 holds ${first.agent.held().length} counters`);

// A new pod comes, and the old one leaves while requests go on: each finds the counter where it left it.
const second = await startPod(1);
const [{ done }] = await Promise.all([first.agent.drain(), countAll(), countAll()]);
await first.stop();
console.log(`${done} counters were moved to pod 1, which holds ${second.agent.held().length}`);

const counts = await countAll();
console.log(counts.every((value) => value === 6) ? "nothing was lost: all stand at 6" : `lost: ${counts}`);

router.close();
await second.stop();
