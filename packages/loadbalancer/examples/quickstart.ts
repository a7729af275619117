import { LoadBalancer } from "@route/loadbalancer";

const balancer = new LoadBalancer(); // strategy "adaptive"
balancer.sync([{ podId: 0 }, { podId: 1 }, { podId: 2, weight: 2 }]);

// A request: pick a pod, and say how it went.
const lease = balancer.pick();
if (lease !== undefined) {
  let ok = false;
  try {
    console.log(`the request goes to pod ${lease.podId}`);
    ok = true;
  } finally {
    lease.done({ ok, latencyMs: 12 });
  }
}

// A session (a WebSocket, a user's state): balanced by the sessions that the pods hold.
const link = balancer.place();
console.log(`the session lives on pod ${link?.podId}`);
link?.release();

const { successfulRequests, averageResponseTimeMs } = balancer.stats();
console.log({ successfulRequests, averageResponseTimeMs });
console.log(balancer.explain()?.reason);
balancer.close();
