// The cost of a pick and its done: all contenders in one process, interleaved, so that every call site has seen them all.
import type { StrategyName } from "@route/loadbalancer";
import type { BenchRow } from "../../../tools/bench.ts";
import { balancerOf, barePowerOfTwo, type Contender, median, seedShape, timePerPick } from "./_contenders.ts";

/** The processor accounts for its time in steps of 4 ms: only the sum over many passes means something. */
const ROUNDS = 50;
const PICKS = 200_000;
const SIZES = [3, 100, 1_000, 10_000];
const FLAT: readonly StrategyName[] = ["p2c", "adaptive", "least_connections", "round_robin", "maglev"];

/** Every power of ten of the fleet may cost a sixth more and it would still pass; a logarithm or a scan would not. */
const FLAT_LIMIT = 1.5;

interface Entry {
  readonly contender: Contender;
  readonly picks: number;
  timeNs: number;
}

const entryOf = (contender: Contender, picks: number = PICKS): Entry => ({ contender, picks, timeNs: 0 });

export const bench = (): BenchRow[] => {
  const bare = new Map(SIZES.map((pods) => [pods, entryOf(barePowerOfTwo(pods))]));
  const seed = entryOf(seedShape(1_000), 2_000);
  const ours = new Map(
    FLAT.map((strategy) => [strategy, new Map(SIZES.map((pods) => [pods, entryOf(balancerOf(strategy, pods))]))]),
  );
  const entries = [...bare.values(), seed, ...[...ours.values()].flatMap((bySize) => [...bySize.values()])];
  for (let round = 0; round <= ROUNDS; round++)
    for (const entry of entries) {
      const timeNs = timePerPick(entry.contender, entry.picks) / ROUNDS;
      if (round > 0) entry.timeNs += timeNs;
    }

  const timeOf = (entry: Entry | undefined): number => entry!.timeNs;
  const of = (strategy: StrategyName, pods: number): number => timeOf(ours.get(strategy)?.get(pods));
  const ratioToBare = (strategy: StrategyName): number =>
    median(SIZES.slice(0, 3).map((pods) => of(strategy, pods) / timeOf(bare.get(pods))));

  const flatRows = FLAT.map((strategy): BenchRow => {
    const times = SIZES.map((pods) => of(strategy, pods));
    const growth = times.at(-1)! / times[0]!;
    return {
      case: `pick + done of ${strategy}, ${SIZES.join(" / ")} pods`,
      measured: `${times.map((time) => time.toFixed(0)).join(" / ")} ns, ${growth.toFixed(2)}x`,
      target: `flat from 3 to 10,000 pods (<= ${FLAT_LIMIT}x)`,
      met: growth <= FLAT_LIMIT,
    };
  });
  const bareRow = (strategy: StrategyName, limit: number): BenchRow => ({
    case: `pick + done of ${strategy} against a bare P2C (${timeOf(bare.get(100)).toFixed(0)} ns)`,
    measured: `${ratioToBare(strategy).toFixed(2)}x`,
    target: `<= ${limit}x`,
    met: ratioToBare(strategy) <= limit,
  });
  const seedRow = (strategy: StrategyName, limit: number): BenchRow => {
    const ratio = timeOf(seed) / of(strategy, 1_000);
    return {
      case: `at 1,000 pods against the seed's shape (${timeOf(seed).toFixed(0)} ns), ${strategy}`,
      measured: `${ratio.toFixed(0)}x`,
      target: `>= ${limit}x`,
      met: ratio >= limit,
    };
  };
  return [...flatRows, bareRow("p2c", 1.5), bareRow("adaptive", 3), seedRow("p2c", 100), seedRow("adaptive", 60)];
};
