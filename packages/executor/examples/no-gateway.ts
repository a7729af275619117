// A fleet without a gateway: behind any load balancer, each pod serves its own uids and sends clients on with 307.
import { once } from "node:events";
import { createServer } from "node:http";
import { MemoryStore, PodAgent, StatefulRouter } from "@route/executor";

const service = { namespace: "example", service: "carts" };
const store = new MemoryStore();

const startPod = async (id: number) => {
  const carts = new Map<string, string[]>();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const address = `127.0.0.1:${port}`;
  const agent = new PodAgent({
    ...service,
    ...{ store, id, address },
    onAcquire: (uid) => carts.set(uid, []),
    onLost: (uid) => carts.delete(uid),
  });
  const router = new StatefulRouter({ ...service, store });
  const handler = agent.guard(
    (req, res, { uid }) => {
      const item = new URL(req.url ?? "/", "http://any").searchParams.get("add");
      if (item) carts.get(uid)?.push(item);
      res.end(`${uid} has ${carts.get(uid)?.join(", ")} on pod ${id}`);
    },
    // In production the uid comes from what the client cannot choose, such as a signed session cookie.
    { redirect: { router, uidOf: (req) => /^\/carts\/([\w-]+)/.exec(req.url ?? "")?.[1] } },
  );
  server.on("request", handler);
  await agent.start();
  const stop = async (): Promise<void> => {
    router.close();
    await agent.stop();
    server.close();
    server.closeAllConnections();
  };
  return { address, stop };
};
const pods = [await startPod(0), await startPod(1), await startPod(2)];

// A load balancer that knows nothing sends each request to another pod; fetch follows the 307 to the owner.
let turn = 0;
const ask = async (path: string): Promise<void> => {
  const { address } = pods[turn++ % pods.length]!;
  const response = await fetch(`http://${address}${path}`);
  console.log(`${await response.text()}${response.redirected ? " (sent on)" : ""}`);
};
for (const item of ["tea", "milk", "sugar"]) await ask(`/carts/ann?add=${item}`);
await ask("/carts/ann");

for (const { stop } of pods) await stop();
