import { formatLetter } from "../letters.ts";
import type { PodId, PodRecord } from "../types.ts";
import { checkNumber } from "../validate.ts";
import { levels } from "./levels.ts";
import type { RouterParts } from "./parts.ts";

/** How much `StatefulRouter.rebalance` may do. */
export interface RebalanceBudget {
  /** The most uids that change hands, an integer >= 1. */
  readonly moves: number;
  /** At this pace in all. Default: as fast as the owners will. */
  readonly perSecond?: number | undefined;
}

/** What `StatefulRouter.rebalance` may be told. */
export interface RebalanceOptions {
  readonly budget: RebalanceBudget;
  /** Only plan. Default false. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** So many uids of one pod go to another. */
export interface PlannedMoves {
  readonly from: PodId;
  readonly to: PodId;
  readonly count: number;
}

/**
 * The fewest moves that level what `pods` hold, at most `maxMoves`. Only `takers` are given any, none beyond its
 * `maxLinks`. From the fullest to the emptiest, so that a budget that does not reach helps most. O(pods log pods).
 */
export const planMoves = (pods: readonly PodRecord[], takers: ReadonlySet<PodId>, maxMoves: number): PlannedMoves[] => {
  const shares = levels(pods, takers);
  const givers = shares.filter(({ held, goal }) => held > goal).sort((a, b) => b.held - a.held);
  const needy = shares.filter(({ held, goal }) => held < goal).sort((a, b) => a.held - b.held);
  const plan: PlannedMoves[] = [];
  let left = maxMoves;
  let index = 0;
  for (const { pod: from, held, goal } of givers) {
    let surplus = held - goal;
    while (surplus > 0 && left > 0 && index < needy.length) {
      const taker = needy[index]!;
      const count = Math.min(surplus, taker.goal - taker.held, left);
      plan.push({ from, to: taker.pod, count });
      taker.held += count;
      surplus -= count;
      left -= count;
      if (taker.held === taker.goal) index++;
    }
  }
  return plan;
};

/** Plans and, unless it is a dry run, asks the owners for it. */
export const rebalance = async (
  { scope, pods, placer }: RouterParts,
  { budget, dryRun = false, signal }: RebalanceOptions,
): Promise<PlannedMoves[]> => {
  const moves = checkNumber("budget.moves", budget.moves, 1, Number.MAX_SAFE_INTEGER);
  const { perSecond } = budget;
  if (perSecond !== undefined) checkNumber("budget.perSecond", perSecond, Number.MIN_VALUE, Number.MAX_VALUE);
  await pods.refresh();
  const ready = pods.all().filter((record) => record.state === "ready" && pods.isLiving(record));
  const takers = new Set(placer.candidates().map(({ pod }) => pod));
  const plan = planMoves(ready, takers, Math.floor(moves));
  if (dryRun) return plan;
  for (const [from, letters] of lettersOf(plan, perSecond)) await scope.sendLetters(from, letters, { signal });
  return plan;
};

/** By giver. Together they keep the pace, each in proportion to what is asked of it. */
const lettersOf = (plan: readonly PlannedMoves[], perSecond: number | undefined): Map<PodId, string[]> => {
  const total = plan.reduce((sum, { count }) => sum + count, 0);
  const letters = new Map<PodId, string[]>();
  for (const { from, to, count } of plan) {
    const pace = perSecond === undefined ? {} : { perSecond: (perSecond * count) / total };
    const letter = formatLetter({ kind: "shed", count, to: [to], ...pace });
    letters.set(from, [...(letters.get(from) ?? []), letter]);
  }
  return letters;
};
