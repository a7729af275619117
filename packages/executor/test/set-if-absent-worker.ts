// Links 4000 uids to the pod whose number it is given, and prints the uids that it won.
import { StatefulExecutor } from "../src/executor.ts";
import { RedisStore } from "../src/redis.ts";

const [url, pod, startAt] = process.argv.slice(2);
const store = new RedisStore({ url: url!, timeoutMs: 30_000 });
const scope = new StatefulExecutor({ store }).scope({ namespace: "race", service: "s" });
await scope.getLinkedPod("connected");
await new Promise((resolve) => setTimeout(resolve, Number(startAt) - Date.now()));
const uids = Array.from({ length: 4000 }, (_, index) => `u${index}`);
const answers = await Promise.all(uids.map((uid) => scope.setLinkedPodIfAbsent(uid, { pod: Number(pod) }, 600)));
const told = answers.map(({ link, created }) => [link.pod, created]);
process.stdout.write(JSON.stringify(told));
await store.close();
