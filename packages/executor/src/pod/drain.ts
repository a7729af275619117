import { pause } from "../time.ts";
import { checkOption } from "../validate.ts";
import type { Departure } from "./hand-over.ts";
import { podDefaults } from "./options.ts";

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

/** What `drain` may be told. */
export interface DrainOptions extends PaceOptions {
  /**
   * `move` (default): each uid goes to another pod, with its state. `hold`: the uids wait for the same pod id to come
   * back, with their state, and are not served until then; for restarts in place.
   */
  readonly to?: "move" | "hold";
  /** With `hold`: for so long routers leave the uids where they are after `stop`, in milliseconds. Default 60000. */
  readonly returnMs?: number;
}

const defaultConcurrency = 256;

/** The options with defaults. Throws a `RangeError` that names the bad one. */
export const checkDrain = (options: DrainOptions): Required<Pick<DrainOptions, "to" | "returnMs">> => {
  const { to = "move", returnMs = podDefaults.returnMs, rate, concurrency = defaultConcurrency } = options;
  if (to !== "move" && to !== "hold") throw new RangeError(`to must be move or hold, got ${String(to)}`);
  if (rate !== undefined && !(rate > 0)) throw new RangeError(`rate must be a number above 0, got ${String(rate)}`);
  checkOption("concurrency", concurrency, 1, 100_000);
  return { to, returnMs: checkOption("returnMs", returnMs, 0, 86_400_000) };
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

/** Gives up everything that `held` tells, and what comes meanwhile from a pod that has not heard of the drain. */
export const giveUpAll = async (
  held: () => readonly string[],
  options: PaceOptions,
  leave: (uid: string) => Promise<Departure>,
): Promise<DrainProgress> => {
  let progress = await giveUp(held(), options, leave);
  while (held().length > progress.kept && !options.signal?.aborted) {
    const more = await giveUp(held(), options, leave);
    const [done, gone] = [progress.done + more.done, progress.gone + more.gone];
    progress = { done, gone, kept: more.kept, total: done + gone + more.kept };
    if (more.done === 0) break;
  }
  return progress;
};
