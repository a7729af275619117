// Bytes per entry, keys and values themselves not counted; each contender in a process of its own.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchRow } from "../../../tools/bench.ts";

const ENTRIES = 100_000;
const READS = 10 * ENTRIES;
const probe = fileURLToPath(new URL("_memory-probe.ts", import.meta.url));

const bytes = (contender: string, capacity: number, entries: number, reads = 0): number => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--expose-gc", "--conditions=route-source", probe, contender, `${capacity}`, `${entries}`, `${reads}`],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
};

const perEntry = (name: string, limit: number | undefined, reads = 0): BenchRow => {
  const measured = bytes(name, ENTRIES, ENTRIES, reads) / ENTRIES;
  return {
    case: `memory per entry at 100,000, ${name}${reads === 0 ? "" : ", after ten reads per entry"}`,
    measured: `${measured.toFixed(1)} B`,
    target: limit === undefined ? "" : `<= ${limit} B`,
    met: limit === undefined ? undefined : measured <= limit,
  };
};

export const bench = (): BenchRow[] => {
  const empty = bytes("@route/cache adaptive", 1_000_000, 0);
  return [
    perEntry("@route/cache lru", 70),
    perEntry("@route/cache lru with TTL", 85),
    perEntry("@route/cache adaptive", 85),
    perEntry("@route/cache adaptive", 85, READS),
    perEntry("everything", 100),
    perEntry("everything", 100, READS),
    {
      case: "memory of an empty cache of capacity 1 M",
      measured: `${(empty / 1000).toFixed(1)} kB`,
      target: "< 100 kB",
      met: empty < 100_000,
    },
    perEntry("lru-cache", undefined),
    perEntry("quick-lru N/2", undefined),
    perEntry("mnemonist", undefined),
    perEntry("tiny-lru", undefined),
    perEntry("lru.min", undefined),
    perEntry("transitory", undefined),
  ];
};
