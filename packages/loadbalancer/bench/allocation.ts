// What a pick and its done leave to the garbage collector, and that a stale done closes nobody else's lease.
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LoadBalancer, type StrategyName } from "@route/loadbalancer";
import type { BenchRow } from "../../../tools/bench.ts";
import { median } from "./_contenders.ts";

const LIMIT_BYTES = 64;
const WARM_UP = 400_000;
const PICKS = 8_000;
const ROUNDS = 31;
const STRATEGIES: readonly StrategyName[] = ["p2c", "adaptive", "least_connections", "round_robin", "maglev"];
const OUTCOME = { ok: true, latencyMs: 12.5, load: 3 };
const OPTIONS = { key: "user-1" };

const bytesPerPick = (strategy: StrategyName, collect: () => void): number => {
  const balancer = new LoadBalancer({ strategy });
  balancer.sync(Array.from({ length: 100 }, (_, podId) => ({ podId })));
  const run = (picks: number): void => {
    for (let pick = 0; pick < picks; pick++) balancer.pick(OPTIONS)!.done(OUTCOME);
  };
  run(WARM_UP);
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    const before = getHeapStatistics().used_heap_size;
    // Few enough to fit in the young generation, so that no collection hides what was allocated.
    run(PICKS);
    samples.push((getHeapStatistics().used_heap_size - before) / PICKS);
  }
  return median(samples);
};

const staleDoneIsHarmless = (): boolean => {
  const balancer = new LoadBalancer({ strategy: "round_robin" });
  balancer.add(0);
  const stale = balancer.pick()!;
  stale.done({ ok: true });
  balancer.remove(0);
  balancer.add(1);
  const open = balancer.pick()!;
  stale.done({ ok: false });
  const { inFlight, failedRequests } = balancer.stats();
  open.done({ ok: true });
  return inFlight === 1 && failedRequests === 0;
};

export const bench = (): BenchRow[] => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const bytes = STRATEGIES.map((strategy) => bytesPerPick(strategy, collect));
  const harmless = staleDoneIsHarmless();
  return [
    {
      case: `bytes allocated per pick + done (${STRATEGIES.join(" / ")}), a stale \`done\` never closes another's lease`,
      measured: `${bytes.map((each) => each.toFixed(0)).join(" / ")}; stale done ${harmless ? "ignored" : "COUNTED"}`,
      target: `<= ${LIMIT_BYTES}`,
      met: harmless && bytes.every((each) => each <= LIMIT_BYTES),
    },
  ];
};
