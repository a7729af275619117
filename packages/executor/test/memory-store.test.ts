import { describe, expect, it } from "vitest";
import { MemoryStore } from "../src/store/memory-store.ts";
import { storeContract } from "./contract/store-contract.ts";

storeContract("MemoryStore", async () => {
  const store = new MemoryStore();
  return { store, close: () => store.close() };
});

describe("MemoryStore", () => {
  const service = { namespace: "n", service: "s" };
  const owner = { pod: 0, incarnation: 7 };

  it("raises fences even while its clock stands still or goes back", async () => {
    let nowMs = 1000;
    const store = new MemoryStore({ clock: { now: () => nowMs } });
    const fences: number[] = [];
    for (let round = 0; round < 5; round++) {
      nowMs -= round;
      fences.push((await store.linkIfAbsent({ ...service, uid: "u" }, owner, 60)).link.fence);
      await store.removeLink({ ...service, uid: "u" });
    }
    expect(fences).toEqual([...fences].sort((a, b) => a - b));
    expect(new Set(fences).size).toBe(5);
  });

  it("refuses every call after close", async () => {
    const store = new MemoryStore();
    await store.close();
    await store.close();
    await expect(store.getLink({ ...service, uid: "u" })).rejects.toMatchObject({ code: "CLOSED" });
    await expect(store.pods(service)).rejects.toMatchObject({ code: "CLOSED" });
  });
});
