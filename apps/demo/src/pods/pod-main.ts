// A pod process. Started by the fleet; its parent's end is its own.
import { openChildStore } from "../store/open-store.ts";
import { CounterPod } from "./counter-pod.ts";
import { type FromPod, type Pod, type PodConfig, podConfigVariable, type ToPod } from "./messages.ts";

const config = JSON.parse(process.env[podConfigVariable] ?? "null") as PodConfig | null;
if (!config || !process.send) throw new Error("a pod is started by the fleet: run `pnpm demo`");

const store = openChildStore(config, process);
const tell = (message: FromPod): void => void process.send?.(message);

const end = async (code: number): Promise<void> => {
  await store.close().catch(() => undefined);
  process.exit(code);
};
// Ctrl-C reaches the whole process group: the parent decides how its pods end.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));

const listen = async (): Promise<Pod> =>
  config.kind === "mcp"
    ? (await import("./mcp/mcp-pod.ts")).McpPod.listen(config, store)
    : CounterPod.listen(config, store);
const pod = await listen();

let ending = false;
const endOnce = async (work: () => Promise<void>): Promise<void> => {
  if (ending) return;
  ending = true;
  await work().catch((error: unknown) => console.error(`pod ${config.id} did not end cleanly`, error));
  await end(0);
};
process.on("SIGTERM", () => {
  tell({ type: "state", state: "deny-new" });
  void endOnce(() => pod.drain());
});
process.on("message", (message: ToPod) => {
  if (message.type === "fault") pod.setFault?.(message.fault);
  if (message.type === "stop") void endOnce(() => pod.stop());
});

tell({ type: "ready", address: pod.address, incarnation: pod.agent.incarnation ?? 0 });
