// Sessions: placed by the number of sessions that pods hold, drained without breaking one.
import { LoadBalancer } from "@route/loadbalancer";

const balancer = new LoadBalancer({ maxConnections: 100 });
balancer.sync([{ podId: 0 }, { podId: 1 }, { podId: 2, weight: 2 }]);

const links = Array.from({ length: 40 }, (_, session) => balancer.place({ key: `user-${session}` }));
const sessions = (): string =>
  balancer
    .stats()
    .pods.map(({ podId, state, sessions: count }) => `pod ${podId} (${state}): ${count}`)
    .join(", ");
console.log(sessions());

// A heartbeat is a hint: it is smoothed, and never the only ground of a choice.
balancer.reportLoad(0, { inFlight: 12, sessions: 10, load: 0.4 });

// Pod 1 drains: it keeps its sessions and gets no new ones.
balancer.sync([{ podId: 0 }, { podId: 1, state: "deny-new" }, { podId: 2, weight: 2 }]);
for (let session = 40; session < 60; session++) links.push(balancer.place({ key: `user-${session}` }));
console.log(sessions());

for (const link of links) link?.release();
console.log(sessions());
balancer.close();
