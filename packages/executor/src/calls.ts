import { ExecutorError } from "./errors.ts";
import { pause } from "./time.ts";
import { checkNumber } from "./validate.ts";

/** What every call may be told. */
export interface CallOptions {
  /**
   * The call fails with `TIMEOUT` after this time, in milliseconds. Until then it is tried again where that is safe: any
   * call of which nothing was applied, and reads. Without it a call is sent once, and the store's own timeout holds.
   */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait with `ABORTED`; what was sent already may take effect. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether a call may be sent again after an answer was lost. */
export type Effect = "reads" | "writes";

const firstPauseMs = 10;
const longestPauseMs = 250;

type Failure = (code: "TIMEOUT" | "ABORTED", sent: boolean, cause?: unknown) => ExecutorError;

const given = (operation: string, effect: Effect, sent: boolean, code: "TIMEOUT" | "ABORTED", cause?: unknown) => {
  const what = code === "TIMEOUT" ? "no answer before the deadline" : "aborted by its signal";
  const outcome = sent && effect === "writes" ? "unknown" : "not-applied";
  const details = { operation, outcome, retryable: code === "TIMEOUT", cause } as const;
  return new ExecutorError(code, `${operation}: ${what}`, details);
};

/** Resolves with the answer, or rejects with the deadline's or the signal's error; leaves no timer and no listener. */
const within = <Reply>(answer: Promise<Reply>, leftMs: number, signal: AbortSignal | undefined, fail: Failure) =>
  new Promise<Reply>((resolve, reject) => {
    const timer = leftMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => end("TIMEOUT"), leftMs);
    const onAbort = (): void => end("ABORTED");
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const end = (code: "TIMEOUT" | "ABORTED"): void => {
      release();
      reject(fail(code, true, code === "ABORTED" ? signal?.reason : undefined));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    answer.then(resolve, reject).finally(release);
  });

const isSafeToRepeat = (error: unknown, effect: Effect): boolean =>
  error instanceof ExecutorError && error.retryable && (effect === "reads" || error.outcome === "not-applied");

const bounded = async <Reply>(
  operation: string,
  effect: Effect,
  { timeoutMs, signal }: CallOptions,
  send: () => Promise<Reply>,
): Promise<Reply> => {
  if (timeoutMs !== undefined) checkNumber("timeoutMs", timeoutMs, 0, 2 ** 31 - 1);
  const endMs = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  const fail: Failure = (code, sent, cause) => given(operation, effect, sent, code, cause);
  for (let round = 0; ; round++) {
    if (signal?.aborted) throw fail("ABORTED", false, signal.reason);
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) throw fail("TIMEOUT", false);
    try {
      return await within(send(), leftMs, signal, fail);
    } catch (error) {
      // Full jitter, so that callers that failed together do not come back together.
      const pauseMs = Math.random() * Math.min(firstPauseMs * 2 ** round, longestPauseMs);
      const isOver = timeoutMs === undefined || performance.now() + pauseMs >= endMs;
      if (isOver || signal?.aborted || !isSafeToRepeat(error, effect)) throw error;
      await pause(pauseMs, signal);
    }
  }
};

/** Sends a call within its deadline, again where that is safe. Without options it costs nothing. */
export const call = <Reply>(
  operation: string,
  effect: Effect,
  options: CallOptions,
  send: () => Promise<Reply>,
): Promise<Reply> => {
  const isPlain = options.timeoutMs === undefined && options.signal === undefined;
  return isPlain ? send() : bounded(operation, effect, options, send);
};

/** What is left of `timeoutMs` from now on, asked again before each part of a call that has several. */
export const countdown = (timeoutMs: number | undefined): (() => number | undefined) => {
  if (timeoutMs === undefined) return () => undefined;
  const endMs = performance.now() + timeoutMs;
  return () => Math.max(endMs - performance.now(), 0);
};
