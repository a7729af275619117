import { expect, it } from "vitest";
import type { FaultCase } from "./matrix.ts";
import type { Outcome } from "./trial.ts";

const tell = ({ name, gap }: FaultCase, outcome: Outcome): string => {
  const { wrongOwners, lost, links, tookOver, longestGapMs, failed, requestsPerSecond } = outcome;
  const limit = gap ? `${gap.target}: ${Math.round(gap.limitMs(outcome))} ms` : "no limit";
  return [
    `${name}: ${wrongOwners.length} wrong owners`,
    `${lost.length} of ${links} links lost`,
    `${tookOver.length} uids taken from living pods`,
    `longest gap ${Math.round(longestGapMs)} ms (${limit})`,
    `${failed} requests failed, ${Math.round(requestsPerSecond)} a second done`,
  ].join(", ");
};

/** One test for each fault: ownership and loss are exact, time is only told. */
export const testFaults = (cases: readonly FaultCase[]): void => {
  it.each(cases.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
    const outcome = await row.run();
    console.log(tell(row, outcome));
    const { wrongOwners, lost, tookOver, outranked, lostCounters, longestSplitMs, restoredMs, leaseMs } = outcome;
    expect({ outranked, lostCounters }).toEqual({ outranked: [], lostCounters: [] });
    if (row.exact) expect({ wrongOwners, lost, tookOver }).toEqual({ wrongOwners: [], lost: [], tookOver: [] });
    if (row.planned) expect(outcome.failed).toBe(0);
    // The older owner learns at its next renewal, a third of a lease away at most. The rest is for a busy machine.
    expect(longestSplitMs).toBeLessThan(leaseMs);
    expect(restoredMs).toBeLessThan(leaseMs);
  });
};
