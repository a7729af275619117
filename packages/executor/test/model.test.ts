import fc from "fast-check";
import { expect, it } from "vitest";
import { startRedis } from "../../../tools/redis-server.ts";
import { RedisStore } from "../src/redis.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { LinksModel } from "./model/links-model.ts";
import { operation, Pair } from "./model/operations.ts";
import { patient } from "./waiting.ts";

const service = { namespace: "model", service: "s" };

it("MemoryStore does what the model does, whatever the time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const model = new LinksModel();
      const store = new MemoryStore({ clock: { now: () => 1_000_000 + model.nowMs } });
      const pair = new Pair(store, model, service, (ms) => {
        model.nowMs += ms;
      });
      for (const each of operations) await pair.perform(each);
    }),
    { numRuns: 300 },
  );
});

it("Redis does what the model does while nothing expires", async () => {
  await using server = await startRedis(["--appendonly", "no"]);
  await using store = new RedisStore({ url: server.url, ...patient });
  let run = 0;
  const lasting = operation.filter(({ kind }) => kind !== "wait");
  await fc.assert(
    fc.asyncProperty(fc.array(lasting, { maxLength: 30 }), async (operations) => {
      const namespace = `model-${run++}`;
      const pair = new Pair(store, new LinksModel(), { ...service, namespace }, () => undefined);
      for (const each of operations) await pair.perform(each);
    }),
    { numRuns: 40 },
  );
  expect(run).toBeGreaterThan(0);
});
