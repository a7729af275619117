import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A line that a pod wrote for a request that it served. */
export interface Served {
  readonly at: number;
  readonly uid: string;
  readonly pod: number;
  readonly incarnation: number;
  readonly fence: number;
  readonly count: number;
}

/** What all pods wrote down of their own work, in the order of time. */
export const readServeLogs = (folder: string): Served[] =>
  readdirSync(folder)
    .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Served)
    .sort((a, b) => a.at - b.at || a.fence - b.fence || a.count - b.count);

/**
 * Uids that two pods served in turns, by the pods' own logs: after a fence was passed it came back, or two lives served
 * under one.
 */
export const findTwoOwners = (logs: readonly Served[]): Set<string> => {
  const last = new Map<string, Served>();
  const found = new Set<string>();
  for (const served of logs) {
    const before = last.get(served.uid);
    if (before) {
      const sameLife = before.pod === served.pod && before.incarnation === served.incarnation;
      if (served.fence < before.fence || (served.fence === before.fence && !sameLife)) found.add(served.uid);
    }
    if (!before || served.fence >= before.fence) last.set(served.uid, served);
  }
  return found;
};
