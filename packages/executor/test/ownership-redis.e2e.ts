import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { startRedis } from "../../../tools/redis-server.ts";
import { RedisStore } from "../src/redis.ts";
import { act, owners, pass, perform, trafficFor } from "./model/histories.ts";
import { leaseMs, World } from "./model/world.ts";
import { patienceMs, until } from "./waiting.ts";

const advance = (ms: number): Promise<void> => sleep(ms);

it(
  "histories of the model hold on Redis, in real time",
  async () => {
    await using redis = await startRedis();
    await using store = new RedisStore({ url: redis.url });
    const histories = fc.sample(fc.tuple(fc.nat(), fc.array(act, { minLength: 2, maxLength: 5 })), 12);
    const run = async (seed: number, acts: (typeof histories)[number][1], index: number): Promise<void> => {
      // Links live longer than in virtual time: this machine may be busy for a while.
      const world = new World(seed, { store, advance, service: `rooms-${index}`, uids: 5, linkLifetimeSeconds: 4 });
      await pass(world, 300);
      for (const one of acts) await perform(world, one);
      await trafficFor(world, 8 * leaseMs);
      const told = `seed ${seed}, acts ${JSON.stringify(acts)}`;
      expect(world.violations, told).toEqual([]);
      const areServed = async () => (await owners(world)).every((owner) => typeof owner === "number");
      await until(`every uid is served: ${told}`, areServed, 4 * patienceMs);
      expect(world.violations, told).toEqual([]);
      for (const pod of world.pods) world.kill(pod);
    };
    await Promise.all(histories.map(([seed, acts], index) => run(seed, acts, index)));
  },
  40 * patienceMs,
);
