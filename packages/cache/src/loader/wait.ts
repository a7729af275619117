import { unref } from "../unref.ts";

/** What `waitFor` gives when the time is over. */
export const LATE: unique symbol = Symbol("late");

/** Waits for a promise, at most for a time (0: without end) and until the signal aborts; it rejects with its reason. */
export const waitFor = <T>(
  promise: Promise<T>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<T | typeof LATE> => {
  if (timeoutMs === 0 && signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const timer = timeoutMs > 0 ? unref(setTimeout(() => resolve(LATE), timeoutMs)) : undefined;
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    });
  });
};
