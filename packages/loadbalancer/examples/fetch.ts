// Three servers, one of which answers errors, behind one balancer. Any client works the same way: here it is `fetch`.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LoadBalancer } from "@route/loadbalancer";

const servers = [200, 500, 200].map((status, podId) =>
  createServer((_, response) => response.writeHead(status).end(`pod ${podId}\n`)).listen(0, "127.0.0.1"),
);
await Promise.all(servers.map((server) => server.listening || once(server, "listening")));
const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

const balancer = new LoadBalancer();
balancer.sync(urls.map((_, podId) => ({ podId })));

/** One request on the best pod of the moment. */
const request = async (): Promise<Response> => {
  const lease = balancer.pick();
  if (lease === undefined) throw new Error("no pod takes work");
  try {
    const response = await fetch(urls[Number(lease.podId)] ?? "");
    await response.arrayBuffer();
    // The client's own mistakes (4xx) are no fault of the pod.
    lease.done({ ok: response.status < 500 });
    return response;
  } catch (error) {
    lease.done({ ok: false });
    throw error;
  }
};

let failed = 0;
for (let index = 0; index < 200; index++) if (!(await request()).ok) failed++;

const { ejections, responseTime } = balancer.stats();
console.log(`${failed} of 200 requests failed, ${ejections} ejection, p99 ${responseTime.p99Ms?.toFixed(1)} ms`);

balancer.close();
for (const server of servers) {
  server.close();
  server.closeAllConnections();
}
