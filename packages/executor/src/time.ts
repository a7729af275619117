import type { Clock, Log } from "./ports.ts";

/** Never goes back; stands still while the machine is suspended. */
export const monotonicClock: Clock = { now: () => performance.now() };

/** The machine's calendar time; may be stepped, goes on while the machine is suspended. */
export const wallClock: Clock = { now: () => Date.now() };

/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Resolves after `delayMs`, or at once with the abort. Keeps the process alive: a caller awaits what goes on after it. */
export const pause = (delayMs: number, signal?: AbortSignal): Promise<void> => after(delayMs, signal);

/** The same for work that nobody awaits, which does not keep the process alive. */
export const idlePause = (delayMs: number, signal?: AbortSignal): Promise<void> =>
  after(delayMs, signal, (timer) => timer.unref());

const after = (delayMs: number, signal?: AbortSignal, started?: (timer: NodeJS.Timeout) => void): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    started?.(timer);
    signal?.addEventListener("abort", end, { once: true });
  });
