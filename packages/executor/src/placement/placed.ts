import type { Clock } from "../ports.ts";
import type { PodId, PodRecord } from "../types.ts";

interface Count {
  /** What the pod said when the count began; a new report includes what was placed before. */
  readonly held: number | undefined;
  readonly incarnation: number;
  readonly sinceMs: number;
  placed: number;
}

/** Reports come with each renewal. A uid that is in none of them after this time was never asked for. */
const longestMs = 10_000;

/** Counts what was placed on pods with `maxLinks` since they last said how many uids they hold, so that a burst does not overfill them. */
export class Placed {
  readonly #clock: Clock;
  readonly #counts = new Map<PodId, Count>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(record: PodRecord): void {
    const { pod, incarnation, held, maxLinks } = record;
    if (maxLinks === undefined) return;
    const count = this.#countOf(record);
    if (count) count.placed++;
    else this.#counts.set(pod, { held, incarnation, sinceMs: this.#clock.now(), placed: 1 });
  }

  /** What the pod said, and what was placed on it since. */
  readonly held = (record: PodRecord): number => (record.held ?? 0) + (this.#countOf(record)?.placed ?? 0);

  #countOf({ pod, incarnation, held }: PodRecord): Count | undefined {
    const count = this.#counts.get(pod);
    if (count === undefined) return undefined;
    const isCurrent = count.held === held && count.incarnation === incarnation;
    return isCurrent && this.#clock.now() - count.sinceMs < longestMs ? count : undefined;
  }
}
