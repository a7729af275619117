import { defineConfig } from "vitest/config";

// One config for all tiers: a test's file name says when it runs.
const tiers = {
  test: { pattern: "*.test.ts", timeoutMs: 30_000 }, // unit, contract, one Redis, real processes
  house: { pattern: "house.test.ts", timeoutMs: 30_000 }, // budgets and import rules alone, for `pnpm check`
  e2e: { pattern: "*.e2e.ts", timeoutMs: 180_000 }, // clusters, faults, Prometheus, browser
  release: { pattern: "*.release.ts", timeoutMs: 600_000 }, // pack, publish on loopback, install alone
};

export default defineConfig(({ mode }) => {
  const { pattern, timeoutMs } = tiers[mode as keyof typeof tiers] ?? tiers.test;
  const conditions = ["route-source", "module", "node", "development|production"];
  return {
    ssr: { resolve: { conditions } },
    test: {
      include: [`packages/*/test/**/${pattern}`, `apps/*/test/**/${pattern}`, `tools/test/**/${pattern}`],
      execArgv: ["--conditions=route-source"],
      // Most of the time is spent waiting (leases, processes, servers), so that two cores carry more than two workers.
      maxWorkers: 4,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      reporters: process.env["CI"] ? ["default", ["json", { outputFile: `.results/${mode}.json` }]] : ["default"],
      coverage: { provider: "v8" as const, include: ["packages/*/src/**/*.ts"] },
    },
  };
});
