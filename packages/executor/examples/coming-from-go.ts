// The same Redis as the Go and Java services: REDIS_URL=redis://127.0.0.1:6379 node coming-from-go.ts
import { formatLoadState, StatefulExecutor } from "@route/executor";
import { RedisStore } from "@route/executor/redis";

const url = process.env["REDIS_URL"];
if (url === undefined) throw new Error("REDIS_URL must name a Redis server, e.g. redis://127.0.0.1:6379");

const store = new RedisStore({ url, layout: "legacy" });
const chat = new StatefulExecutor({ store, timeoutMs: 2000 }).scope({ namespace: "example", service: "go-chat" });

// executor.SetServiceState(ctx, "example", "go-chat", 0, state): the text that the other side reads load and age from.
await chat.setServiceState(0, formatLoadState(0.8, Date.now()));
await chat.setServiceState(1, formatLoadState(0.2, Date.now()));

// GetLinkedPod answered -1 for none; here it is undefined, and 0 is a pod.
console.log("before:", (await chat.getLinkedPod("room:7"))?.pod);

// The freest pod, for 300 seconds, as the Go client driver links.
const placed = await chat.computeLinkIfAbsent("room:7", 300);
console.log("placed on pod", placed?.link.pod);

// A pod of the Go server driver holds its rooms with persistent links (-1 there).
const claimed = await chat.trySetLinkedPod("room:7", { pod: 0 }, "persistent");
console.log("claimed by pod 0:", claimed.applied, "from pod", claimed.previous?.pod);
console.log("room:7 is held by", [...(await chat.getLinkService("room:7")).keys()].join());

console.log("removed:", await chat.removeLinkedPodWithId("room:7", { pod: 0 }));
await store.close();
