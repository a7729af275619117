// What metrics cost a hit when they are on, and the hook when nobody listens.
import { Cache, type CacheOptions } from "@route/cache";
import type { BenchRow } from "../../../tools/bench.ts";
import { type Arm, measureRounds, speedOf } from "./_rounds.ts";
import { keyName, seededRandom, zipf } from "./_workloads.ts";

const READS = 1_000_000;
const CAPACITY = 10_000;

export const bench = (): BenchRow[] => {
  const draw = zipf(CAPACITY, 0.9, seededRandom(3));
  const names = Array.from({ length: CAPACITY }, (_, id) => keyName(id));
  const keys = Array.from({ length: READS }, () => names[draw()]!);
  let counted = 0;
  const metrics = {
    recordCacheHit: () => void counted++,
    recordCacheMiss: () => void counted++,
    setCacheSize: () => void counted++,
  };
  const create = (options: Partial<CacheOptions<string, number>>): Cache<string, number> => {
    const cache = new Cache<string, number>({ maxSize: CAPACITY, strategy: "lru", ...options });
    for (const name of names) cache.set(name, 1);
    return cache;
  };
  const listened = create({});
  listened.onRemoval(() => {})[Symbol.dispose]();
  const caches = [create({}), create({ metrics }), listened, create({})];
  const arms = caches.map(
    (cache): Arm =>
      () =>
      () => {
        for (const key of keys) if (cache.get(key) === undefined) throw new Error(`no ${key}`);
        return keys.length;
      },
  );
  const times = measureRounds(Object.fromEntries(arms.entries()));
  const overhead = (at: number): number => 1 / speedOf(times, `${at}`, "0") - 1;
  const row = (name: string, at: number, limit: number): BenchRow => ({
    case: name,
    measured: `${(100 * overhead(at)).toFixed(1)} %`,
    target: `<= ${100 * limit} %`,
    met: overhead(at) <= limit,
  });
  return [
    row("metrics hooks on, get hit", 1, 0.05),
    row("nobody listening, get hit", 2, 0.02),
    {
      case: "the same cache twice, get hit (noise)",
      measured: `${(100 * overhead(3)).toFixed(1)} %`,
      target: "",
      met: undefined,
    },
  ];
};
