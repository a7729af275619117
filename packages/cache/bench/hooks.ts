// What metrics cost a hit when they are on, and the hook when nobody listens.
import { Cache, type CacheOptions } from "@route/cache";
import type { BenchRow } from "../../../tools/bench.ts";
import { type Arm, measureRounds, median } from "./_rounds.ts";
import { keyName, seededRandom, zipf } from "./_workloads.ts";

const READS = 1_000_000;

/** Small enough to stay in near memory: there a hit is cheapest, so a hook takes its largest share, and hardly any luck. */
const CAPACITY = 500;

/** Caches of each kind: where one happens to lie in memory evens out. */
const COPIES = 4;

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
  const createUnlistened = (): Cache<string, number> => {
    const cache = create({});
    cache.onRemoval(() => {})[Symbol.dispose]();
    return cache;
  };
  const arm = (createOne: () => Cache<string, number>): Arm => {
    const caches = Array.from({ length: COPIES }, createOne);
    let turn = 0;
    return () => {
      const cache = caches[turn++ % COPIES]!;
      return () => {
        for (const key of keys) if (cache.get(key) === undefined) throw new Error(`no ${key}`);
        return keys.length;
      };
    };
  };
  const times = measureRounds({
    plain: arm(() => create({})),
    on: arm(() => create({ metrics })),
    unlistened: arm(createUnlistened),
    again: arm(() => create({})),
  });
  const base = times.get("plain")!.map((ns, round) => (ns + times.get("again")![round]!) / 2);
  const overhead = (name: string): number => median(times.get(name)!.map((ns, round) => ns / base[round]!)) - 1;
  const noise = median(times.get("again")!.map((ns, round) => ns / times.get("plain")![round]!)) - 1;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const row = (name: string, what: string, limit: number): BenchRow => ({
    case: what,
    measured: percent(overhead(name)),
    target: `<= ${100 * limit} %`,
    met: overhead(name) <= limit,
  });
  return [
    row("on", "metrics hooks on, get hit", 0.05),
    row("unlistened", "nobody listening, get hit", 0.02),
    { case: "the same cache twice, get hit (noise)", measured: percent(noise), target: "", met: undefined },
  ];
};
