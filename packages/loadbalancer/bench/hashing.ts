// How evenly keys are spread, and how many move when a pod leaves.
import { LoadBalancer, type StrategyName } from "@route/loadbalancer";
import type { BenchRow } from "../../../tools/bench.ts";

const PODS = 20;
const KEYS = 200_000;
const SPREAD_LIMIT = 1.05;
const MOVED_LIMIT = 0.055;

const owners = (balancer: LoadBalancer): number[] =>
  Array.from({ length: KEYS }, (_, index) => {
    const lease = balancer.pick({ key: `user-${index}` })!;
    lease.done();
    return lease.podId as number;
  });

const measure = (strategy: StrategyName): { readonly spread: number; readonly moved: number } => {
  const balancer = new LoadBalancer({ strategy });
  balancer.sync(Array.from({ length: PODS }, (_, podId) => ({ podId })));
  const before = owners(balancer);
  const counts = Array.from({ length: PODS }, () => 0);
  for (const owner of before) counts[owner]!++;
  // The mean over all pods: which of them leaves must not matter.
  let moved = 0;
  for (let leaver = 0; leaver < PODS; leaver++) {
    balancer.remove(leaver);
    for (const [key, owner] of owners(balancer).entries()) if (owner !== before[key]) moved++;
    balancer.add(leaver);
  }
  return { spread: Math.max(...counts) / (KEYS / PODS), moved: moved / (KEYS * PODS) };
};

export const bench = (): BenchRow[] =>
  (["rendezvous", "maglev"] as const).map((strategy): BenchRow => {
    const { spread, moved } = measure(strategy);
    return {
      case: `hashing, 20 pods, 200,000 keys: ${strategy}`,
      measured: `fullest / mean ${spread.toFixed(3)}; moved ${(100 * moved).toFixed(2)} %`,
      target: "fullest / mean <= 1.05; keys moved when one leaves <= 5.5 %",
      met: spread <= SPREAD_LIMIT && moved <= MOVED_LIMIT,
    };
  });
