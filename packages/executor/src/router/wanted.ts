import { type CallOptions, call } from "../calls.ts";

/** Told to nobody; without it each abort would build a DOMException. */
const answered = "answered";

/**
 * Runs `task` within the call's deadline; with one, again after failures that left nothing behind. The signal that the
 * task gets fires when nobody waits for its answer any more.
 */
export const whileWanted = async <Answer>(
  operation: string,
  { timeoutMs, signal }: CallOptions,
  task: (unwanted: AbortSignal) => Promise<Answer>,
): Promise<Answer> => {
  const unwanted = new AbortController();
  try {
    return await call(operation, "writes", { timeoutMs, signal }, () => task(unwanted.signal));
  } finally {
    unwanted.abort(answered);
  }
};
