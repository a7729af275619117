import { expect, it } from "vitest";
import { PodAgent } from "../../src/pod/pod-agent.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { faultyStore } from "../faulty-store.ts";
import { until } from "../waiting.ts";

it("a re-assertion that fails is tried again: the master may change under it too", async () => {
  const name = { namespace: "faults", service: "s" };
  const memory = new MemoryStore();
  const faulty = faultyStore(memory);
  let replication = "old master";
  memory.replication = async () => replication;
  // What a failover loses nobody tells of.
  memory.subscribe = () => ({ [Symbol.dispose]: () => undefined });
  const lost: string[] = [];
  const onLost = (uid: string): number => lost.push(uid);
  await using agent = new PodAgent({
    ...name,
    store: faulty.store,
    id: 0,
    address: "127.0.0.1:1",
    leaseMs: 600,
    onLost,
  });
  await agent.start();
  const owner = { pod: 0, incarnation: agent.incarnation! };
  const { link } = await memory.linkIfAbsent({ ...name, uid: "u" }, owner, 60);
  await agent.adopt("u", link.fence);
  await until("the replication is known", () => faulty.calls.includes("replication"));

  await memory.removeLink({ ...name, uid: "u" });
  let failures = 0;
  faulty.fault = (operation) => (operation === "renewLinks" && failures++ === 0 ? "before" : undefined);
  replication = "new master";
  await until("the link is written again", async () => (await memory.getLink({ ...name, uid: "u" })) !== undefined);
  expect(failures).toBe(2);
  expect(await memory.getLink({ ...name, uid: "u" })).toEqual(link);
  expect(lost).toEqual([]);
});
