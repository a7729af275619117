import { expect, it } from "vitest";
import { StatefulRouter } from "../src/index.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { faultyStore } from "./faulty-store.ts";
import { afterTest, name, serve } from "./guard-fixture.ts";
import { until } from "./waiting.ts";

/** Two pods; what the first one hands over, and when the store learns of it. */
const twoPods = async (onRelease: () => Promise<string> | string) => {
  const faulty = faultyStore(new MemoryStore());
  const from = await serve(
    faulty.store,
    { listener: (agent) => agent.guard((_req, res) => res.end("old owner")) },
    { onRelease },
  );
  const to = await serve(
    faulty.store,
    { listener: (agent) => agent.guard((_req, res) => res.end("new owner")) },
    { id: 1 },
  );
  return { faulty, from, to };
};

it("a request that comes while a quick move commits waits for its outcome, and learns who has the uid", async () => {
  const { faulty, from } = await twoPods(() => "state");
  const headers = await from.headersFor("a");
  const commit = faulty.store.commitMove;
  const { promise, resolve } = Promise.withResolvers<void>();
  let isCommitting = false;
  faulty.store.commitMove = async (...args) => {
    isCommitting = true;
    await promise;
    return commit(...args);
  };
  const moving = from.agent.move("a");
  await until("the commit is on its way", () => isCommitting);
  let isAnswered = false;
  const answer = from.agent.adopt("a", Number(headers["x-route-fence"])).finally(() => {
    isAnswered = true;
  });
  await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  resolve();
  expect(await moving).toBe(true);
  expect(await answer).toMatchObject({ refused: "not-owner", owner: { pod: 1 } });
  expect(faulty.calls).not.toContain("beginMove");
});

it("a move that takes long is marked, refused at once, and waited for by routers", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { faulty, from } = await twoPods(() => promise);
  const headers = await from.headersFor("a");
  const router = new StatefulRouter({ ...name, store: faulty.store });
  afterTest(() => router.close());
  const moving = from.agent.move("a");
  await until("the link is marked", async () => (await faulty.store.getLink({ ...name, uid: "a" }))?.moving?.pod === 1);
  const response = await fetch(`http://${from.address}/`, { headers });
  expect([response.status, response.headers.get("x-route-refused")]).toEqual([421, "moving"]);
  const route = router.resolve("a");
  resolve("state");
  expect(await moving).toBe(true);
  expect((await route).pod).toBe(1);
});

it("a move whose mark does not reach the store goes on without", async () => {
  const { faulty, from, to } = await twoPods(async () => "state");
  await from.headersFor("a");
  faulty.fault = (operation) => (operation === "beginMove" ? "before" : undefined);
  expect(await from.agent.move("a")).toBe(true);
  await until("the target holds it", () => to.agent.holds("a"));
});
