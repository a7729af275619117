import { ExecutorError, type ExecutorErrorCode } from "../../errors.ts";

/** A Redis error by its first word: the code, and whether another try may succeed. Nothing was applied by any of them. */
const replies: Readonly<Record<string, readonly [ExecutorErrorCode, boolean]>> = {
  READONLY: ["READ_ONLY", true],
  LOADING: ["UNAVAILABLE", true],
  MASTERDOWN: ["UNAVAILABLE", true],
  NOREPLICAS: ["UNAVAILABLE", true],
  CLUSTERDOWN: ["UNAVAILABLE", true],
  TRYAGAIN: ["UNAVAILABLE", true],
  BUSY: ["UNAVAILABLE", true],
  OOM: ["UNAVAILABLE", true],
  MISCONF: ["UNAVAILABLE", true],
  NOAUTH: ["UNAVAILABLE", false],
  WRONGPASS: ["UNAVAILABLE", false],
  NOPERM: ["UNAVAILABLE", false],
  MOVED: ["TOPOLOGY", true],
  ASK: ["TOPOLOGY", true],
  CROSSSLOT: ["TOPOLOGY", false],
  WRONGTYPE: ["CORRUPT_VALUE", false],
};

const unlisted = (message: string): readonly [ExecutorErrorCode, boolean] => {
  if (message.includes("max number of clients")) return ["UNAVAILABLE", true];
  // A cluster checks the keys of a script by its own wording.
  if (message.includes("non local key")) return ["TOPOLOGY", false];
  // Arguments are checked before they are sent, so that a script fails only at what it reads.
  return message.includes("user_script") ? ["CORRUPT_VALUE", false] : ["REJECTED", false];
};

/** The last refusal that made the client of a cluster give up, if the cluster refused each time. */
const lastRefusal = /^Too many Cluster redirections\. Last error: (?:ReplyError|Error): ([A-Z]{3,}) /;

/** A call that had no answer in time. */
export const timedOut = (operation: string): ExecutorError => {
  const message = `${operation}: Redis did not answer in time; whether it was applied is not known`;
  return new ExecutorError("TIMEOUT", message, { retryable: true, outcome: "unknown", operation });
};

/** Any failure of a client call as an `ExecutorError` that tells its outcome. `connectionError`: the client's last one. */
export const toExecutorError = (thrown: unknown, operation: string, connectionError?: Error): ExecutorError => {
  if (thrown instanceof ExecutorError) return thrown;
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const refused = (first: string): ExecutorError => {
    const [code, retryable] = replies[first] ?? unlisted(cause.message);
    return new ExecutorError(code, `${operation}: Redis refused: ${cause.message}`, { retryable, operation, cause });
  };
  if (cause.name === "ReplyError") return refused(cause.message.split(" ", 1)[0] ?? "");
  const last = lastRefusal.exec(cause.message)?.[1];
  if (last !== undefined) return refused(last);
  // A call that waits for a connection in vain is told a number of retries; why there was none is worth more.
  const waitedInVain = cause.name === "MaxRetriesPerRequestError" || cause.name === "ClusterAllFailedError";
  const reason = waitedInVain ? (connectionError ?? cause) : cause;
  const message = `${operation}: no connection to Redis: ${reason.message || reason.name}`;
  return new ExecutorError("UNAVAILABLE", message, { retryable: true, outcome: "unknown", operation, cause: reason });
};
