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
    const bound = takers.has(record.pod) ? (record.maxLinks ?? Number.POSITIVE_INFINITY) : held;
    return { pod: record.pod, held, bound };
  });
  // The tightest first: once one has room for an even share of the rest, so have all after it.
  bounded.sort((a, b) => a.bound - b.bound);
  let rest = bounded.reduce((sum, { held }) => sum + held, 0);
  let open = bounded.length;
  const shares: Share[] = [];
  for (const { pod, held, bound } of bounded) {
    if (bound >= rest / open) break;
    shares.push({ pod, held, goal: bound });
    rest -= bound;
    open--;
  }
  const level = Math.floor(rest / open);
  let odd = rest % open;
  // What does not divide stays where most is.
  const even = bounded.slice(shares.length).sort((a, b) => b.held - a.held);
  for (const { pod, held, bound } of even)
    shares.push({ pod, held, goal: odd-- > 0 && bound > level ? level + 1 : level });
  return shares;
};
