// No strategy may be worse than choosing at random, in any simulated fleet.
import type { StrategyName } from "@route/loadbalancer";
import type { BenchRow } from "../../../tools/bench.ts";
import { NOT_GIVEN, openYardstick, SEEDS, type Yardstick } from "./_yardstick.ts";

const REQUESTS = 60_000;
const LOADS = [0.85, 0.95];
const LIMIT = 1.15;
const UNKEYED: readonly StrategyName[] = [
  "adaptive",
  "least_connections",
  "least_response_time",
  "p2c",
  "round_robin",
  "weighted_round_robin",
];

/** The worst ratio of a strategy's p99 to that of random choice, and where. */
const worst = (yardstick: Yardstick): { readonly ratio: number; readonly where: string } => {
  let result = { ratio: 0, where: "" };
  for (const [name, scenario] of Object.entries(yardstick.scenarios))
    for (const load of LOADS) {
      const run = { load, requests: REQUESTS, seeds: SEEDS };
      const policies = scenario.sessions ? yardstick.stickyPolicies : yardstick.policies;
      const random = yardstick.figures(scenario, policies["random"]!, run).p99;
      // Links are placed by session counts whatever the strategy.
      for (const strategy of scenario.sessions ? UNKEYED.slice(0, 1) : UNKEYED) {
        const ratio = yardstick.figures(scenario, yardstick.project(strategy), run).p99 / random;
        if (ratio > result.ratio) result = { ratio, where: `${strategy}, ${name}, ${100 * load} %` };
      }
    }
  return result;
};

export const bench = async (): Promise<BenchRow[]> => {
  const row = { case: "any unkeyed strategy in any scenario", target: `<= ${LIMIT}x \`random\`` };
  const yardstick = await openYardstick();
  if (yardstick === undefined) return [{ ...row, measured: NOT_GIVEN, met: false }];
  const { ratio, where } = worst(yardstick);
  return [{ ...row, measured: `${ratio.toFixed(2)}x (${where})`, met: ratio <= LIMIT }];
};
