import type { OperationStatistics } from "./operation-record.ts";

/** What the caller knows besides the operations. Counts since the start; a rule without its reading stays silent. */
export interface Readings {
  /** Requests that the near cache answered, and those that it did not. */
  readonly nearCache?: { readonly hits: number; readonly misses: number };
  /** Scripts that the server knew by digest, and those that had to be sent whole. */
  readonly scriptCache?: { readonly hits: number; readonly misses: number };
  /** The most calls that waited for an answer at once, and how many may. */
  readonly pendingCalls?: { readonly peak: number; readonly limit: number };
}

/** What the rules judge. */
export interface PerformanceSnapshot {
  readonly operations: readonly OperationStatistics[];
  readonly readings: Readings;
}

/** Sums over all operations. */
export interface OperationTotals {
  readonly operations: number;
  readonly errors: number;
  /** Mean duration, weighted by calls, in milliseconds; 0 without a call. */
  readonly meanMs: number;
}

/** The sums of a snapshot's operations. */
export const totalsOf = (operations: readonly OperationStatistics[]): OperationTotals => {
  let count = 0;
  let errors = 0;
  let sumMs = 0;
  for (const each of operations) {
    count += each.count;
    errors += each.errors;
    sumMs += each.meanMs * each.count;
  }
  return { operations: count, errors, meanMs: count === 0 ? 0 : sumMs / count };
};
