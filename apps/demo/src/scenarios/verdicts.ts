import { type Finding, never } from "./scenario.ts";
import { findTwoOwners } from "./serve-logs.ts";
import type { World } from "./world.ts";

/** What may happen in no scenario. `keepsState`: no pod may have lost its memory either. */
export const common = ({ load, logs }: World, { keepsState = true } = {}): Finding[] => [
  never("uids with two owners at a time, by the pods' own logs", findTwoOwners(logs()).size),
  never("uids for which something ran twice", load.book.doubled.size),
  ...(keepsState ? [never("uids whose state was lost", load.book.lost.size)] : []),
];

/** The value below which 99 % are. */
export const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
