// Hit ratios: on generated workloads always, and on recorded traces where --traces (or CACHE_TRACES) names a folder of
// them. A trace is NAME.gz, one key (an integer) per line; capacities.json gives the capacities of each; reference.json,
// there or at --reference (CACHE_REFERENCE), the ratios of other caches: [{trace, capacity, "Caffeine HEAD", ...}].
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Cache, type CacheStrategy } from "@route/cache";
import type { BenchRow } from "../../../tools/bench.ts";
import { contenders } from "./_contenders.ts";
import { bestPossibleHits, countHits, generatedWorkloads } from "./_workloads.ts";

/** Ratios by the name of the cache or policy. */
interface Run {
  readonly trace: string;
  readonly capacity: number;
  readonly ratios: Readonly<Record<string, number>>;
  readonly adaptive: number;
  readonly lru: number;
  readonly lfu: number;
}

const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`;
const points = (ratio: number): string => `${ratio >= 0 ? "+" : ""}${(100 * ratio).toFixed(2)} pp`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const generatedRows = (): BenchRow[] =>
  generatedWorkloads().flatMap(({ name, capacity, keys }) => {
    const opt = bestPossibleHits(keys, capacity) / keys.length;
    const ratioOf = (contender: string): number => countHits(contenders[contender]!(capacity), keys) / keys.length;
    const lfu = countHits(new Cache<string, number>({ maxSize: capacity, strategy: "lfu" }), keys) / keys.length;
    const shown = ["@route/cache adaptive", "@route/cache lru", "quick-lru N/2", "transitory"]
      .map((contender) => `${contender.replace("@route/cache ", "")} ${percent(ratioOf(contender))}`)
      .join(", ");
    return {
      case: `hit ratio, ${name} (generated)`,
      measured: `${shown}, lfu ${percent(lfu)}, best possible ${percent(opt)}`,
      target: "",
      met: undefined,
    };
  });

const readTrace = (file: string): Int32Array =>
  Int32Array.from(gunzipSync(readFileSync(file)).toString().trim().split("\n"), Number);

const runTraces = (folder: string): Run[] => {
  const reference = process.env["CACHE_REFERENCE"] ?? join(folder, "reference.json");
  const known: Record<string, never>[] = existsSync(reference) ? JSON.parse(readFileSync(reference, "utf8")) : [];
  const capacities: Record<string, number[]> = JSON.parse(readFileSync(join(folder, "capacities.json"), "utf8"));
  return readdirSync(folder)
    .filter((file) => file.endsWith(".gz"))
    .sort()
    .flatMap((file) => {
      const trace = file.slice(0, -3);
      const keys = readTrace(join(folder, file));
      const ratioOf = (strategy: CacheStrategy, maxSize: number): number =>
        countHits(new Cache<string, number>({ maxSize, strategy }), keys) / keys.length;
      return (capacities[trace] ?? []).map(
        (capacity): Run => ({
          trace,
          capacity,
          ratios: {
            OPT: bestPossibleHits(keys, capacity) / keys.length,
            LRU: countHits(contenders["lru-cache"]!(capacity), keys) / keys.length,
            ...known.find((row) => row["trace"] === trace && row["capacity"] === capacity),
          },
          adaptive: ratioOf("adaptive", capacity),
          lru: ratioOf("lru", capacity),
          lfu: ratioOf("lfu", capacity),
        }),
      );
    });
};

/** A row over all runs; without traces, or without the reference, it is not met. */
const row = (
  runs: readonly Run[],
  name: string,
  needed: string,
  target: string,
  judge: () => { measured: string; met: boolean },
): BenchRow => {
  const complete = runs.length > 0 && runs.every((run) => run.ratios[needed] !== undefined);
  const why = runs.length === 0 ? "no traces: --traces FOLDER" : `no "${needed}": --reference FILE`;
  return { case: name, target, ...(complete ? judge() : { measured: why, met: false }) };
};

const traceRows = (runs: readonly Run[]): BenchRow[] => {
  const worst = (column: string): { measured: string; by: number } => {
    const [run] = [...runs].sort((a, b) => a.adaptive - a.ratios[column]! - (b.adaptive - b.ratios[column]!));
    const by = run!.adaptive - run!.ratios[column]!;
    return { measured: `${points(by)} (${run!.trace} at ${run!.capacity})`, by };
  };
  const gain = (column: string): number => mean(runs.map((run) => run.adaptive - run.ratios[column]!));
  return [
    row(runs, "* adaptive, defaults, every open trace and capacity", "Caffeine HEAD", ">= Caffeine HEAD - 3 pp", () => {
      const { measured, by } = worst("Caffeine HEAD");
      return { measured, met: by >= -0.03 };
    }),
    row(runs, "* adaptive, mean", "Caffeine HEAD", ">= Caffeine HEAD + 1.0 pp", () => ({
      measured: points(gain("Caffeine HEAD")),
      met: gain("Caffeine HEAD") >= 0.01,
    })),
    row(runs, "* adaptive, mean share of OPT", "OPT", ">= 0.87", () => {
      const share = mean(runs.map((run) => run.adaptive / run.ratios["OPT"]!));
      return { measured: share.toFixed(4), met: share >= 0.87 };
    }),
    row(runs, "* adaptive against LRU, every trace and capacity", "LRU", "never more than 2 pp below", () => {
      const { measured, by } = worst("LRU");
      return { measured, met: by >= -0.02 };
    }),
    row(runs, "stretch: adaptive, mean", "best window", ">= best static window in hindsight - 0.3 pp", () => ({
      measured: points(gain("best window")),
      met: gain("best window") >= -0.003,
    })),
    row(runs, "lru", "LRU", "hits equal to exact LRU in every row", () => {
      const equal = runs.filter((run) => Math.abs(run.lru - run.ratios["LRU"]!) < 1e-7).length;
      return { measured: `${equal} of ${runs.length}`, met: equal === runs.length };
    }),
    row(runs, "lfu, rows within 1 pp of Caffeine 2.6.2", "Caffeine 2.6.2", ">= 35 of 39", () => {
      const near = runs.filter((run) => Math.abs(run.lfu - run.ratios["Caffeine 2.6.2"]!) <= 0.01).length;
      return { measured: `${near} of ${runs.length}`, met: near >= 35 };
    }),
  ];
};

export const bench = (): BenchRow[] => {
  const folder = process.env["CACHE_TRACES"];
  return [...traceRows(folder === undefined ? [] : runTraces(folder)), ...generatedRows()];
};
