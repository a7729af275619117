// Nanoseconds per operation against the peers: get hit, get-or-set and churn, with keys that are known and freshly made.
import type { BenchRow } from "../../../tools/bench.ts";
import { type Contender, contenders, median } from "./_contenders.ts";
import { threadMs } from "./_thread-time.ts";
import { keyName, seededRandom, zipf } from "./_workloads.ts";

const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

interface Work {
  readonly name: string;
  readonly operations: readonly string[];
  readonly present: readonly string[];
  run(cache: Contender, keys: readonly string[]): number;
}

const getHit = (cache: Contender, keys: readonly string[]): number => {
  let hits = 0;
  for (let i = 0; i < keys.length; i++) if (cache.get(keys[i]!) !== undefined) hits++;
  return hits;
};
const getOrSet = (cache: Contender, keys: readonly string[]): number => {
  let hits = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (cache.get(key) !== undefined) hits++;
    else cache.set(key, i);
  }
  return hits;
};
const churn = (cache: Contender, keys: readonly string[]): number => {
  for (let i = 0; i < keys.length; i++) cache.set(keys[i]!, i);
  return 0;
};

const worksFor = (capacity: number, operations: number): Work[] => {
  const keys = capacity * 10;
  const draw = zipf(keys, 0.9, seededRandom(7));
  const names = Array.from({ length: keys }, (_, id) => keyName(id));
  const list = (key: (i: number) => number): string[] => Array.from({ length: operations }, (_, i) => names[key(i)]!);
  return [
    { name: "get hit", operations: list(() => draw() % capacity), present: names.slice(0, capacity), run: getHit },
    { name: "get-or-set", operations: list(() => draw()), present: [], run: getOrSet },
    { name: "churn", operations: list((i) => i % keys), present: [], run: churn },
  ];
};

/** The same keys as new strings, as a parser makes them: V8 has not hashed them yet. */
const madeFresh = (keys: readonly string[]): string[] => keys.map((key) => Buffer.from(key).toString("latin1"));

/**
 * A cache of each contender that has been used and stays. V8 drops optimized code when the last object of a class is
 * gone; a cache that lives as long as its process never sees that, and one per round would measure the compiler.
 */
const keepOne = (names: readonly string[]): readonly Contender[] =>
  names.map((name) => {
    const cache = contenders[name]!(100);
    for (let i = 0; i < 10_000; i++) {
      const key = keyName(i % 300);
      if (cache.get(key) === undefined) cache.set(key, i);
      cache.get(key);
    }
    return cache;
  });

/** Nanoseconds per operation of each contender in each round; who runs first alternates. */
const measure = (work: Work, capacity: number, names: readonly string[], fresh: boolean): Map<string, number[]> => {
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const cache = contenders[name]!(capacity);
      for (const key of work.present) cache.set(key, 1);
      const keys = fresh ? madeFresh(work.operations) : work.operations;
      globalThis.gc?.();
      const startMs = threadMs();
      work.run(cache, keys);
      const ns = ((threadMs() - startMs) * 1e6) / keys.length;
      if (round >= 0) times.get(name)!.push(ns);
    }
  }
  return times;
};

const ratio = (times: Map<string, number[]>, base: string, name: string): number =>
  median(times.get(base)!.map((ns, round) => ns / times.get(name)![round]!));

const ratioRow = (
  times: Map<string, number[]>,
  what: string,
  base: string,
  name: string,
  target: number | undefined,
): BenchRow => {
  const measured = ratio(times, base, name);
  return {
    case: `${name} against ${base}, ${what}`,
    measured: `${measured.toFixed(2)}x (${median(times.get(name)!).toFixed(0)} ns)`,
    target: target === undefined ? "" : `>= ${target.toFixed(2)}x`,
    met: target === undefined ? undefined : measured >= target,
  };
};

export const bench = (): BenchRow[] => {
  const rows: BenchRow[] = [];
  const names = Object.keys(contenders);
  const kept = keepOne(names);
  for (const work of worksFor(10_000, 200_000)) {
    const times = measure(work, 10_000, names, false);
    const what = `${work.name} at 10,000`;
    rows.push(ratioRow(times, what, "lru-cache", "@route/cache adaptive", 0.75));
    rows.push({ ...ratioRow(times, `${what} (stretch)`, "lru-cache", "@route/cache adaptive", 0.95) });
    rows.push(ratioRow(times, what, "transitory", "@route/cache adaptive", 1.3));
    rows.push(ratioRow(times, what, "lru-cache", "@route/cache lru", 1));
    rows.push(ratioRow(times, what, "@route/cache lru", "@route/cache lru with TTL", 0.9));
    for (const peer of names.filter((name) => !name.startsWith("@route"))) {
      if (peer !== "lru-cache") rows.push(ratioRow(times, what, "lru-cache", peer, undefined));
    }
    const fresh = measure(work, 10_000, ["@route/cache lru", "@route/cache adaptive", "lru-cache"], true);
    for (const name of ["@route/cache lru", "@route/cache adaptive"])
      rows.push(ratioRow(fresh, `${what}, fresh keys`, "lru-cache", name, undefined));
  }
  for (const work of worksFor(512, 200_000)) {
    const times = measure(work, 512, ["@route/cache adaptive", "@route/cache lru", "lru-cache"], false);
    rows.push(ratioRow(times, `${work.name} at 512`, "lru-cache", "@route/cache adaptive", 0.5));
    rows.push(ratioRow(times, `${work.name} at 512`, "lru-cache", "@route/cache lru", undefined));
  }
  for (const cache of kept) cache.get("");
  return rows;
};
