import { expect, it } from "vitest";
import type { FaultCase } from "./matrix.ts";

/** One test for each fault: ownership and loss are exact, time is only printed. */
export const testFaults = (cases: readonly FaultCase[]): void => {
  it.each(cases.map((row) => [row.name, row] as const))("%s", async (name, { run, exact, gap }) => {
    const outcome = await run();
    const { wrongOwners, lost, tookOver, outranked, longestGapMs, longestSplitMs, restoredMs, leaseMs } = outcome;
    const counts = `${wrongOwners.length} wrong owners, ${lost.length} of ${outcome.links} links lost`;
    const gaps = `longest gap ${Math.round(longestGapMs)} ms (${gap.target}: ${Math.round(gap.limitMs(outcome))} ms)`;
    console.log(`${name}: ${counts}, ${tookOver.length} taken from living pods, ${gaps}`);
    expect(outranked).toEqual([]);
    if (exact) expect({ wrongOwners, lost, tookOver }).toEqual({ wrongOwners: [], lost: [], tookOver: [] });
    // The older owner learns at its next renewal, a third of a lease away at most. The rest is for a busy machine.
    expect(longestSplitMs).toBeLessThan(leaseMs);
    expect(restoredMs).toBeLessThan(leaseMs);
  });
};
