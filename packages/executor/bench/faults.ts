// What faults cost a fleet of processes under 32 writers: the matrix of the tests, with its times held against the targets.
import type { BenchRow } from "../../../tools/bench.ts";
import { type FaultCase, failovers, moves, podFaults, storeFaults } from "../test/faults/matrix.ts";
import { type Outcome, quiet } from "../test/faults/trial.ts";

const none = (name: string, found: readonly unknown[], of = ""): BenchRow => ({
  ...{ case: name, measured: `${found.length}${of}`, target: "0", met: found.length === 0 },
});

const atMost = (name: string, ms: number, limitMs: number, words: string): BenchRow => ({
  ...{ case: name, measured: `${Math.round(ms)} ms`, target: words, met: ms <= limitMs },
});

const gapRows = ({ name, gap }: FaultCase, outcome: Outcome): BenchRow[] => {
  if (!gap) return [];
  const limitMs = gap.limitMs(outcome);
  const words = `${gap.target} (${Math.round(limitMs)} ms)`;
  return [atMost(`${name}: longest gap`, outcome.longestGapMs, limitMs, words)];
};

const exactRows = (row: FaultCase, outcome: Outcome): BenchRow[] => {
  const { wrongOwners, lost, links, tookOver, lostCounters, failed, requestsPerSecond } = outcome;
  const starred = { ...row, name: `* ${row.name}` };
  const planned = [
    none(`${starred.name}: requests failed`, new Array(failed), ` at ${Math.round(requestsPerSecond)} requests/s`),
    none(`${starred.name}: counters lost`, lostCounters),
  ];
  return [
    none(`${starred.name}: wrong owners`, wrongOwners),
    none(`${starred.name}: acknowledged links lost`, lost, ` of ${links}`),
    none(`${starred.name}: uids taken from living pods`, tookOver),
    ...(row.planned ? planned : []),
    ...gapRows(starred, outcome),
  ];
};

const boundedRows = (row: FaultCase, outcome: Outcome): BenchRow[] => {
  const { wrongOwners, longestSplitMs, restoredMs, ownGapMs, outranked, leaseMs, answerTimeoutMs } = outcome;
  const third = leaseMs / 3;
  const owners = atMost(`${row.name}: wrong owners`, longestSplitMs, third, `end within lease / 3 (${third | 0} ms)`);
  return [
    { ...owners, measured: `${wrongOwners.length} requests, ended after ${owners.measured}` },
    none(`${row.name}: uids where the higher fence did not win`, outranked),
    atMost(
      `${row.name}: links of held uids back`,
      restoredMs,
      third,
      `within one renewal, lease / 3 (${third | 0} ms)`,
    ),
    ...gapRows(row, outcome),
    atMost(
      `${row.name}: longest gap of held uids`,
      ownGapMs,
      answerTimeoutMs,
      `0 (1 round trip, ${answerTimeoutMs} ms)`,
    ),
  ];
};

export const bench = async (): Promise<BenchRow[]> => {
  const rows: BenchRow[] = [];
  for (const row of [...podFaults, ...storeFaults, ...failovers, ...moves]) {
    const outcome = await row.run(quiet);
    rows.push(...(row.exact ? exactRows(row, outcome) : boundedRows(row, outcome)));
  }
  return rows;
};
