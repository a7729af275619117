// The longest time that the event loop stands still in operations over a million entries.
import { setTimeout as sleep } from "node:timers/promises";
import { Cache, type CacheStrategy } from "@route/cache";
import type { BenchRow } from "../../../tools/bench.ts";
import { median, threadMs } from "./_rounds.ts";

const ENTRIES = 1_000_000;
const REPEATS = 5;

/** Runs an operation, then turns of the event loop until it is over; returns the longest turn in milliseconds. */
const longestBlock = async (operation: () => void, isOver: () => boolean): Promise<number> => {
  await sleep(20);
  let start = threadMs();
  operation();
  let longestMs = threadMs() - start;
  while (!isOver()) {
    start = threadMs();
    // The slice of the cache's own timer runs before this one.
    await new Promise((resolve) => setTimeout(resolve, 0));
    longestMs = Math.max(longestMs, threadMs() - start);
  }
  return longestMs;
};

const filled = (strategy: CacheStrategy, onRemoval?: () => void): Cache<number, number> => {
  const cache = new Cache<number, number>({
    maxSize: ENTRIES,
    strategy,
    ttlMs: 3_600_000,
    ...(onRemoval !== undefined && { onRemoval }),
  });
  for (let key = 0; key < ENTRIES; key++) cache.set(key, key);
  return cache;
};

const cases: readonly (readonly [string, () => Promise<number>])[] = [
  [
    "resize to 10,000",
    () => {
      const cache = filled("adaptive");
      return longestBlock(
        () => cache.resize(10_000),
        () => cache.maxSize === 10_000,
      );
    },
  ],
  [
    "clear",
    () => {
      const cache = filled("adaptive");
      return longestBlock(
        () => cache.clear(),
        () => true,
      );
    },
  ],
  [
    "clear with a removal listener",
    () => {
      let told = 0;
      const cache = filled("adaptive", () => void told++);
      return longestBlock(
        () => cache.clear(),
        () => told === ENTRIES,
      );
    },
  ],
  ...(
    [
      ["lru", "adaptive"],
      ["adaptive", "lru"],
      ["lru", "ttl"],
      ["ttl", "lfu"],
    ] as const
  ).map(([from, to]): readonly [string, () => Promise<number>] => [
    `strategy ${from} to ${to}`,
    () => {
      const cache = filled(from);
      return longestBlock(
        () => cache.setStrategy(to),
        () => true,
      );
    },
  ]),
];

export const bench = async (): Promise<BenchRow[]> => {
  const rows: BenchRow[] = [];
  for (const [name, run] of cases) {
    const times: number[] = [];
    for (let i = 0; i < REPEATS; i++) {
      globalThis.gc?.();
      times.push(await run());
    }
    const measured = median(times);
    rows.push({
      case: `longest block of ${name} at 1 M entries`,
      measured: `${measured.toFixed(2)} ms (worst ${Math.max(...times).toFixed(2)})`,
      target: "<= 5 ms",
      met: measured <= 5,
    });
  }
  return rows;
};
