// Nanoseconds per operation against the peers: get hit, get-or-set and churn, with interned and freshly made keys.
import type { BenchRow } from "../../../tools/bench.ts";
import { type Contender, contenders } from "./_contenders.ts";
import { type Arm, measureRounds, median, speedOf } from "./_rounds.ts";
import { keyName, seededRandom, zipf } from "./_workloads.ts";

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

/** Operations in a pass: each lasts long against a tick of the clock, and against the collection of garbage before it. */
const READS = 600_000;
const WRITES = 300_000;

/** Operations in a pass with fresh keys; making them takes longer than using them. */
const FRESH = 200_000;

/** As V8 keeps the keys of objects and the strings of a program: flat, hashed, one of each. */
const interned = (keys: readonly string[]): readonly string[] =>
  Object.keys(Object.fromEntries(keys.map((key) => [key, 0])));

const worksFor = (capacity: number): Work[] => {
  const keys = capacity * 10;
  const draw = zipf(keys, 0.9, seededRandom(7));
  const names = interned(Array.from({ length: keys }, (_, id) => keyName(id)));
  const list = (length: number, key: (i: number) => number): string[] =>
    Array.from({ length }, (_, i) => names[key(i)]!);
  return [
    {
      name: "get hit",
      operations: list(READS, () => draw() % capacity),
      present: names.slice(0, capacity),
      run: getHit,
    },
    { name: "get-or-set", operations: list(WRITES, draw), present: [], run: getOrSet },
    { name: "churn", operations: list(WRITES, (i) => i % keys), present: [], run: churn },
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

/** The same contender under two names: how far their ratio is from 1 is the noise of the others. */
const AGAIN = "lru-cache again";

/** What others are held against: the mean of the two is steadier than either. */
const withBase = (times: Map<string, number[]>): Map<string, number[]> => {
  const again = times.get(AGAIN)!;
  return new Map(times).set(
    "lru-cache",
    times.get("lru-cache")!.map((ns, round) => (ns + again[round]!) / 2),
  );
};

/** Nanoseconds per operation of each contender in each round; every pass has a cache of its own. */
const measure = (work: Work, capacity: number, names: readonly string[], fresh: boolean): Map<string, number[]> => {
  const arm =
    (name: string): Arm =>
    () => {
      const cache = contenders[name]!(capacity);
      for (const key of work.present) cache.set(key, 1);
      const keys = fresh ? madeFresh(work.operations.slice(0, FRESH)) : work.operations;
      return () => {
        work.run(cache, keys);
        return keys.length;
      };
    };
  const arms = Object.fromEntries(names.map((name) => [name, arm(name)]));
  return measureRounds({ ...arms, [AGAIN]: arm("lru-cache") });
};

const ratioRow = (
  times: Map<string, number[]>,
  what: string,
  base: string,
  name: string,
  target: number | undefined,
): BenchRow => {
  const measured = speedOf(name === AGAIN ? times : withBase(times), name, base);
  return {
    case: `${name} against ${base}, ${what}`,
    measured: `${measured.toFixed(2)}x (${median(times.get(name)!).toFixed(0)} ns)`,
    target: target === undefined ? "" : `>= ${target.toFixed(2)}x`,
    met: target === undefined ? undefined : measured >= target,
  };
};

const OURS = ["@route/cache lru", "@route/cache adaptive"];

const rowsOf = (work: Work): BenchRow[] => {
  const what = `${work.name} at 10,000`;
  const names = Object.keys(contenders);
  const times = measure(work, 10_000, names, false);
  const peers = names.filter((name) => !name.startsWith("@route") && name !== "lru-cache");
  return [
    ratioRow(times, what, "lru-cache", "@route/cache adaptive", 0.75),
    ratioRow(times, `${what} (stretch)`, "lru-cache", "@route/cache adaptive", 0.95),
    ratioRow(times, what, "transitory", "@route/cache adaptive", 1.3),
    ratioRow(times, what, "lru-cache", "@route/cache lru", 1),
    ratioRow(times, what, "@route/cache lru", "@route/cache lru with TTL", 0.9),
    ...[...peers, AGAIN].map((peer) => ratioRow(times, what, "lru-cache", peer, undefined)),
  ];
};

const freshRowsOf = (work: Work): BenchRow[] => {
  const times = measure(work, 10_000, [...OURS, "lru-cache"], true);
  return [...OURS, AGAIN].map((name) =>
    ratioRow(times, `${work.name} at 10,000, fresh keys`, "lru-cache", name, undefined),
  );
};

const smallRowsOf = (work: Work): BenchRow[] => {
  const what = `${work.name} at 512`;
  const times = measure(work, 512, [...OURS, "lru-cache"], false);
  return [
    ratioRow(times, what, "lru-cache", "@route/cache adaptive", 0.5),
    ratioRow(times, what, "lru-cache", "@route/cache lru", undefined),
    ratioRow(times, what, "lru-cache", AGAIN, undefined),
  ];
};

export const bench = (): BenchRow[] => {
  const kept = keepOne(Object.keys(contenders));
  const rows = [
    ...worksFor(10_000).flatMap((work) => [...rowsOf(work), ...freshRowsOf(work)]),
    ...worksFor(512).flatMap(smallRowsOf),
  ];
  for (const cache of kept) cache.get("");
  return rows;
};
