import type { PodRecord } from "../types.ts";

/**
 * The revision among those of `able` pods whose first living pod is the youngest: it is the one that the fleet rolls to.
 * A crashed pod of the old revision that comes back does not make that one new, for its other pods are older. Nor does
 * a fleet that rolls back to a revision that still has pods, until those are gone. `undefined` if `able` has less than
 * two named revisions.
 */
export const newestRevision = (living: readonly PodRecord[], able: readonly PodRecord[]): string | undefined => {
  const named = new Set(able.map(({ revision }) => revision).filter((revision) => revision !== ""));
  if (named.size < 2) return undefined;
  // Incarnations are times: the smallest is that of the oldest pod.
  const oldest = new Map<string, number>();
  for (const { revision, incarnation } of living) {
    if (named.has(revision)) oldest.set(revision, Math.min(oldest.get(revision) ?? incarnation, incarnation));
  }
  let newest: string | undefined;
  for (const [revision, incarnation] of oldest) {
    if (newest === undefined || incarnation > oldest.get(newest)!) newest = revision;
  }
  return newest;
};
