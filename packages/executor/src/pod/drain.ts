import { pause } from "../time.ts";
import { checkOption } from "../validate.ts";
import type { Departure } from "./departures.ts";

/** How far a drain has come, in uids. */
export interface DrainProgress {
  /** Given up: moved, or kept for the next life. */
  readonly done: number;
  /** Lost meanwhile, or let go as idle. */
  readonly gone: number;
  /** Still here: no pod takes them, or user code failed. */
  readonly kept: number;
  readonly total: number;
}

/** How uids are given up one after the other. */
export interface PaceOptions {
  /** At most so many uids per second. Default: no bound but the next one. */
  readonly rate?: number | undefined;
  /** At most so many uids at once. Default 256. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((progress: DrainProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const defaultConcurrency = 256;

/** Throws a `RangeError` unless rate and concurrency are in range. */
export const checkPace = ({ rate, concurrency = defaultConcurrency }: PaceOptions): void => {
  if (rate !== undefined && !(rate > 0)) throw new RangeError(`rate must be a number above 0, got ${String(rate)}`);
  checkOption("concurrency", concurrency, 1, 100_000);
};

/** Gives up `uids`, paced. Ends early with the signal; what is under way then is finished. */
export const giveUp = async (
  uids: readonly string[],
  { rate = Number.POSITIVE_INFINITY, concurrency = defaultConcurrency, onProgress, signal }: PaceOptions,
  leave: (uid: string) => Promise<Departure>,
): Promise<DrainProgress> => {
  const counts: Record<Departure, number> = { done: 0, gone: 0, kept: 0 };
  const progress = (): DrainProgress => ({ ...counts, total: uids.length });
  const startMs = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < uids.length && !signal?.aborted) {
      const index = next++;
      const dueMs = startMs + (index / rate) * 1000;
      const earlyMs = dueMs - performance.now();
      if (earlyMs > 0) await pause(earlyMs, signal);
      if (signal?.aborted) return;
      counts[await leave(uids[index]!)]++;
      onProgress?.(progress());
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, uids.length) }, work));
  return progress();
};
