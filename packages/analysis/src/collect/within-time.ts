/**
 * Runs `work` with a signal that aborts with `signal` or, with the error of `late`, after `timeoutMs`. Rejects with the
 * reason the moment it aborts, whether or not `work` listens to it.
 */
export const withinTime = <Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  timeoutMs: number,
  late: () => Error,
  signal: AbortSignal,
): Promise<Result> => {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(late()), timeoutMs);
  signal.addEventListener("abort", abort, { once: true });
  return new Promise<Result>((resolve, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
    work(controller.signal).then(resolve, reject);
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  });
};
