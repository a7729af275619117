import type { PodId, PodRecord } from "../types.ts";

/** What a pod holds, and what it should. */
export interface Share {
  readonly pod: PodId;
  held: number;
  readonly goal: number;
}

/** What the pod says that it holds; its load where it says nothing, for that is a number of uids unless told otherwise. */
const heldBy = ({ held, load }: PodRecord): number => held ?? Math.max(Math.round(load), 0);

/**
 * Shares out what the pods hold evenly, each at most its bound: `maxLinks`, and for those who take nothing what they
 * hold. Who is bound below the even share is left out and the rest is shared out again, as water finds its level.
 */
export const levels = (pods: readonly PodRecord[], takers: ReadonlySet<PodId>): Share[] => {
  const bounded = pods.map((record) => {
    const held = heldBy(record);
    const bound = takers.has(record.pod) ? Math.max(record.maxLinks ?? Number.POSITIVE_INFINITY, 0) : held;
    return { pod: record.pod, held, bound };
  });
  // The tightest first: each is bound or, like all after it, gets an even share of the rest.
  bounded.sort((a, b) => a.bound - b.bound);
  let rest = bounded.reduce((sum, { held }) => sum + held, 0);
  let first = 0;
  while (first < bounded.length && bounded[first]!.bound < rest / (bounded.length - first))
    rest -= bounded[first++]!.bound;
  const level = Math.floor(rest / Math.max(bounded.length - first, 1));
  let odd = rest - level * (bounded.length - first);
  // What does not divide stays where most is.
  const shared = bounded.slice(first).sort((a, b) => b.held - a.held);
  const goals = shared.map(({ pod, held, bound }) => ({
    pod,
    held,
    goal: odd-- > 0 && bound > level ? level + 1 : level,
  }));
  return [...bounded.slice(0, first).map(({ pod, held, bound }) => ({ pod, held, goal: bound })), ...goals];
};
