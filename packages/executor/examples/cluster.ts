// Run with nodes of a Redis Cluster: REDIS_CLUSTER=redis://127.0.0.1:7000,redis://127.0.0.1:7001 node cluster.ts
import { StatefulExecutor } from "@route/executor";
import { RedisStore } from "@route/executor/redis";

const nodes = process.env["REDIS_CLUSTER"]?.split(",");
if (nodes === undefined) throw new Error("REDIS_CLUSTER must name nodes, e.g. redis://127.0.0.1:7000");

const store = new RedisStore({ cluster: nodes, log: console });
for (const { code, message } of await store.check()) console.log("worth a look:", code, message);

const rooms = new StatefulExecutor({ store, timeoutMs: 5000 }).scope({ namespace: "example", service: "rooms" });
const uids = Array.from({ length: 100 }, (_, index) => `room:${index}`);

// Every uid has a slot of its own: the writes go to all masters at once, and so does the one read of all.
await Promise.all(uids.map((uid, index) => rooms.setLinkedPodIfAbsent(uid, { pod: index % 3 }, 60)));
const links = await rooms.batchGetLinkedPod(uids);
console.log(`${links.size} rooms, room:5 is on pod ${links.get("room:5")?.pod}`);

await Promise.all(uids.map((uid) => rooms.removeLinkedPod(uid)));
await store.close();
