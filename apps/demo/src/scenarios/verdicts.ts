import { type Finding, never, neverOf } from "./scenario.ts";
import { findTwoOwners } from "./serve-logs.ts";
import type { Outcome } from "./session-book.ts";
import type { World } from "./world.ts";

/** That no request failed; if some did, how. */
export const noneFailed = (what: string, failures: readonly Outcome[]): Finding => {
  const kinds = new Map<string, number>();
  for (const { status, code } of failures) {
    const kind = `${status} ${code}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return neverOf(what, kinds);
};

/** What may happen in no scenario. `keepsState`: no pod may have lost its memory either. */
export const common = ({ load, logs }: World, { keepsState = true } = {}): Finding[] => [
  never("uids with two owners at a time, by the pods' own logs", findTwoOwners(logs()).size),
  never("uids for which something ran twice", load.book.doubled.size),
  ...(keepsState ? [never("uids whose state was lost", load.book.lost.size)] : []),
];

/** The value below which 99 % are. */
export const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
