// The targets of the store. All contenders speak to one Redis on loopback, in turns within this process.
import { Redis } from "ioredis";
import type { BenchRow } from "../../../tools/bench.ts";
import { redisForTests } from "../../../tools/redis-server.ts";
import { MemoryStore, StatefulExecutor } from "../src/index.ts";
import { RedisStore } from "../src/redis.ts";
import { indexKey, linkKey, statesKey } from "../src/store/redis/keys.ts";
import { scripts } from "../src/store/redis/scripts.ts";
import { callers, interleaved, row } from "./_measure.ts";

const service = { namespace: "bench", service: "chat" };
const owner = { pod: 3, incarnation: 1_700_000_000_000_001 };
const uidOf = (index: number): string => `user-${index % 1000}`;

const sequential = async (redis: Redis, store: RedisStore): Promise<BenchRow[]> => {
  const scope = new StatefulExecutor({ store }).scope(service);
  await callers(64, (index) => scope.setLinkedPodIfAbsent(uidOf(index), owner, 3600))(1000);
  const reads = await interleaved({
    ours: callers(1, (index) => scope.getLinkedPod(uidOf(index))),
    raw: callers(1, (index) => redis.get(linkKey({ ...service, uid: uidOf(index) }))),
  });
  const script = scripts().linkIfAbsent;
  const args = ["chat", "3", `${owner.incarnation}`, "3600"];
  const writes = await interleaved({
    ours: callers(1, (index) => scope.setLinkedPodIfAbsent(uidOf(index), owner, 3600)),
    raw: callers(1, (index) => {
      const name = { ...service, uid: uidOf(index) };
      return redis.evalsha(script.sha, 2, linkKey(name), indexKey(name), ...args);
    }),
  });
  return [
    row("* sequential call against raw ioredis: getLinkedPod", reads.ratio("ours", "raw"), { atMost: 1.1 }),
    row("* sequential call against raw ioredis: setLinkedPodIfAbsent", writes.ratio("ours", "raw"), { atMost: 1.1 }),
  ];
};

const seedBenchmarks = async (redis: Redis, store: RedisStore): Promise<BenchRow[]> => {
  const scope = new StatefulExecutor({ store }).scope(service);
  const key = statesKey({ ...service, service: "raw" });
  const { micros, ratio } = await interleaved(
    {
      set: callers(64, (index) => scope.setServiceState(index % 10, "running")),
      rawSet: callers(64, (index) => redis.hset(key, `${index % 10}`, "running")),
      get: callers(64, () => scope.getServiceState()),
      rawGet: callers(64, () => redis.hgetall(key)),
    },
    { count: 2000, rounds: 15 },
  );
  const rate = (value: number): string => `${Math.round(1000 / value)} k/s`;
  const note = (of: "set" | "get", against: "rawSet" | "rawGet"): string =>
    `${rate(micros[of])}, ${(1 / ratio(of, against)).toFixed(2)}x raw ioredis ${against === "rawSet" ? "HSET" : "HGETALL"}`;
  return [
    { case: "setServiceState, 64 in flight", measured: note("set", "rawSet"), target: "", met: undefined },
    { case: "getServiceState of 10 pods, 64 in flight", measured: note("get", "rawGet"), target: "", met: undefined },
  ];
};

const fencedAgainstLegacy = async (native: RedisStore, legacy: RedisStore): Promise<BenchRow[]> => {
  const rows: BenchRow[] = [];
  for (const lifetimeSeconds of [3600, "persistent"] as const) {
    const name = (uid: string) => ({ ...service, service: `${lifetimeSeconds}`, uid });
    for (const store of [native, legacy]) {
      await callers(64, (index) => store.linkIfAbsent(name(uidOf(index)), owner, lifetimeSeconds))(1000);
    }
    let fresh = 0;
    const hit = (store: RedisStore) =>
      callers(64, (index) => store.linkIfAbsent(name(uidOf(index)), owner, lifetimeSeconds));
    const miss = (store: RedisStore) =>
      callers(64, () => store.linkIfAbsent(name(`new-${fresh++}`), owner, lifetimeSeconds));
    const hits = await interleaved({ native: hit(native), legacy: hit(legacy) }, { count: 2000, rounds: 21 });
    const misses = await interleaved({ native: miss(native), legacy: miss(legacy) }, { count: 2000, rounds: 21 });
    const kind = lifetimeSeconds === "persistent" ? "persistent" : "temporary";
    rows.push(
      row(`fenced link-if-absent against the legacy one, hit, ${kind}`, 1 / hits.ratio("native", "legacy"), {
        atLeast: 0.75,
      }),
      row(`fenced link-if-absent against the legacy one, miss, ${kind}`, 1 / misses.ratio("native", "legacy"), {
        atLeast: 0.7,
      }),
    );
  }
  return rows;
};

const memory = async (): Promise<BenchRow[]> => {
  const store = new MemoryStore();
  const scope = new StatefulExecutor({ store }).scope(service);
  const { micros } = await interleaved(
    {
      getLink: callers(1, (index) => store.getLink({ ...service, uid: uidOf(index) })),
      linkIfAbsent: callers(1, (index) => store.linkIfAbsent({ ...service, uid: uidOf(index) }, owner, 60)),
      facade: callers(1, (index) => scope.getLinkedPod(uidOf(index))),
    },
    { count: 50_000, rounds: 11, warmup: 5 },
  );
  return [
    row("MemoryStore, getLink awaited", 1 / micros.getLink, { atLeast: 1 }, " M/s"),
    row("MemoryStore, linkIfAbsent awaited", 1 / micros.linkIfAbsent, { atLeast: 1 }, " M/s"),
    row("MemoryStore through the facade, getLinkedPod awaited", 1 / micros.facade, {}, " M/s"),
  ];
};

export const bench = async (): Promise<BenchRow[]> => {
  await using server = await redisForTests();
  const redis = new Redis(server.url);
  const native = new RedisStore({ url: server.url });
  const legacy = new RedisStore({ url: server.url, layout: "legacy" });
  try {
    return [
      ...(await sequential(redis, native)),
      ...(await seedBenchmarks(redis, native)),
      ...(await memory()),
      ...(await fencedAgainstLegacy(native, legacy)),
    ];
  } finally {
    await native.close();
    await legacy.close();
    redis.disconnect();
  }
};
