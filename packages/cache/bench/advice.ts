// Estimates of the adaptive shadows at other capacities against real runs at those capacities.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Cache } from "@route/cache";
import type { BenchRow } from "../../../tools/bench.ts";
import { countHits, generatedWorkloads, type Workload } from "./_workloads.ts";

/** Traces with enough requests for the largest of the four capacities. */
const recordedWorkloads = (folder: string | undefined): Workload[] => {
  if (folder === undefined || !existsSync(folder)) return [];
  const capacities: Record<string, number[]> = JSON.parse(readFileSync(join(folder, "capacities.json"), "utf8"));
  return readdirSync(folder)
    .filter((file) => file.endsWith(".gz"))
    .map((file): Workload => {
      const keys = Int32Array.from(
        gunzipSync(readFileSync(join(folder, file)))
          .toString()
          .trim()
          .split("\n"),
        Number,
      );
      const name = file.slice(0, -3);
      return { name, capacity: capacities[name]?.[1] ?? 1000, keys };
    });
};

const errorsOf = ({ capacity, keys }: Workload): number[] => {
  const cache = new Cache<string, number>({ maxSize: capacity });
  cache.diagnose();
  countHits(cache, keys);
  const { capacities } = cache.diagnose();
  if (capacities === "not enough data") return [];
  return capacities.map(({ maxSize, hitRate }) => {
    const real = countHits(new Cache<string, number>({ maxSize }), keys) / keys.length;
    return Math.abs(hitRate - real);
  });
};

export const bench = (): BenchRow[] => {
  const workloads = [...generatedWorkloads(), ...recordedWorkloads(process.env["CACHE_TRACES"])];
  const found = workloads.map((workload) => ({ name: workload.name, errors: errorsOf(workload) }));
  const all = found.flatMap(({ errors }) => errors);
  const mean = all.reduce((sum, error) => sum + error, 0) / all.length;
  const worst = found.reduce((a, b) => (Math.max(...b.errors) > Math.max(...a.errors) ? b : a));
  const silent = found.filter(({ errors }) => errors.length === 0).map(({ name }) => name);
  const points = (error: number): string => `${(100 * error).toFixed(2)} pp`;
  return [
    {
      case: `advice of the adaptive shadows against real re-runs, ${found.length - silent.length} workloads, mean error`,
      measured: points(mean),
      target: "<= 1.5 pp",
      met: mean <= 0.015,
    },
    {
      case: `the same, worst error (${worst.name})`,
      measured: points(Math.max(...worst.errors)),
      target: "<= 4 pp",
      met: Math.max(...worst.errors) <= 0.04,
    },
    { case: "workloads with not enough data", measured: silent.join(", ") || "none", target: "", met: undefined },
  ];
};
