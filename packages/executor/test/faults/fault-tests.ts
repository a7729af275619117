import { expect, it } from "vitest";
import { patienceMs } from "../waiting.ts";
import type { FaultCase } from "./matrix.ts";
import { busy, type Outcome } from "./trial.ts";

const tell = ({ name }: FaultCase, outcome: Outcome): string => {
  const { wrongOwners, lost, links, tookOver, longestGapMs, ownGapMs, longestSplitMs, restoredMs, failed } = outcome;
  return [
    `${name}: ${wrongOwners.length} wrong owners for ${Math.round(longestSplitMs)} ms`,
    `${lost.length} of ${links} links lost, back after ${Math.round(restoredMs)} ms`,
    `${tookOver.length} uids taken from living pods`,
    `longest gap ${Math.round(longestGapMs)} ms, of held uids ${Math.round(ownGapMs)} ms`,
    `${failed} requests failed, ${Math.round(outcome.requestsPerSecond)} a second done`,
  ].join(", ");
};

/**
 * One test for each fault: ownership and loss are exact. Times are only told: how long things take is the machine's, and
 * for the bench. That they end, two owners and the lack of a link too, is what the trial itself waits for.
 */
export const testFaults = (cases: readonly FaultCase[]): void => {
  it.each(cases.map((row) => [row.name, row] as const))(
    "%s",
    async (_name, row) => {
      const outcome = await row.run(busy);
      console.log(tell(row, outcome));
      const { wrongOwners, lost, tookOver, outranked, lostCounters } = outcome;
      expect({ outranked, lostCounters }).toEqual({ outranked: [], lostCounters: [] });
      if (row.exact) expect({ wrongOwners, lost, tookOver }).toEqual({ wrongOwners: [], lost: [], tookOver: [] });
      if (row.planned) expect(outcome.failed).toBe(0);
    },
    20 * patienceMs,
  );
};
