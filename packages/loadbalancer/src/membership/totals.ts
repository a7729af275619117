/** The counters of requests, summed over pods. */
export interface Totals {
  succeeded: number;
  failed: number;
  aborted: number;
  abandoned: number;
  inFlight: number;
  sessions: number;
  ejections: number;
  latencyUnknown: number;
  latencySumMs: number;
}

export const zeroTotals = (): Totals => ({
  succeeded: 0,
  failed: 0,
  aborted: 0,
  abandoned: 0,
  inFlight: 0,
  sessions: 0,
  ejections: 0,
  latencyUnknown: 0,
  latencySumMs: 0,
});

const FIELDS = Object.keys(zeroTotals()) as (keyof Totals)[];

/** Adds a pod's counters to the totals. */
export const accumulate = (totals: Totals, pod: Readonly<Totals>): void => {
  for (const field of FIELDS) totals[field] += pod[field];
};
