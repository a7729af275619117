import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// One config for all tiers: a test's file name says when it runs.
const tiers = {
  // Most of the time is spent waiting (leases, processes, servers), so that two cores carry more than two workers.
  test: { pattern: "*.test.ts", timeoutMs: 120_000, workers: 4 }, // unit, contract, one Redis, real processes
  house: { pattern: "house.test.ts", timeoutMs: 30_000, workers: 1 }, // budgets and import rules alone, for `pnpm check`
  // Whole fleets under load: more at a time would be each other's fault.
  e2e: { pattern: "*.e2e.ts", timeoutMs: 300_000, workers: 2 }, // clusters, faults, Prometheus, browser
  release: { pattern: "*.release.ts", timeoutMs: 600_000, workers: 4 }, // pack, publish on loopback, install alone
};

/** The files that wait longest, for leases to end, go first: begun last they would be waited for alone. */
class WaitersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const waits = ({ moduleId }: TestSpecification): boolean => /\/demo-\w+\.test\.ts$/.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(waits), ...sorted.filter((file) => !waits(file))];
  }
}

export default defineConfig(({ mode }) => {
  const { pattern, timeoutMs, workers } = tiers[mode as keyof typeof tiers] ?? tiers.test;
  const conditions = ["route-source", "module", "node", "development|production"];
  return {
    ssr: { resolve: { conditions } },
    test: {
      include: [`packages/*/test/**/${pattern}`, `apps/*/test/**/${pattern}`, `tools/test/**/${pattern}`],
      execArgv: ["--conditions=route-source"],
      maxWorkers: workers,
      sequence: { sequencer: WaitersFirst },
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      expect: { poll: { timeout: 30_000 } },
      reporters: process.env["CI"] ? ["default", ["json", { outputFile: `.results/${mode}.json` }]] : ["default"],
      coverage: { provider: "v8" as const, include: ["packages/*/src/**/*.ts"] },
    },
  };
});
