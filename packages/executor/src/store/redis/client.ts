import { ExecutorError, type ExecutorErrorCode } from "../../errors.ts";

/** What this package uses of an ioredis client. A `Redis` of ioredis 6 fits. */
export interface RedisClient {
  readonly status: string;
  readonly options: { readonly keyPrefix?: string | undefined };
  evalsha(sha: string, keyCount: number, ...args: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...args: string[]): Promise<unknown>;
  get(key: string): Promise<string | null>;
  on(event: "error", listener: (error: Error) => void): unknown;
  duplicate(overrides?: object): RedisClient;
  quit(): Promise<unknown>;
  disconnect(): void;
}

/**
 * The options that every connection of ours has. The client's own defaults resend a script whose reply was lost (it then
 * runs twice), queue without bound, and wait for ever for a server that is away.
 */
export const connectionOptions = (timeoutMs: number): object => ({
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  commandTimeout: timeoutMs,
  connectTimeout: timeoutMs,
  // Short and capped: an outage ends within this time of the server's return.
  retryStrategy: (attempt: number): number =>
    Math.min(20 * 2 ** Math.min(attempt, 4), 250) * (0.75 + Math.random() / 2),
  // A master that became a replica keeps its connections; a new one finds the new master.
  reconnectOnError: (error: Error): boolean => error.message.startsWith("READONLY"),
  replyMapping: "legacy",
});

/** Closes politely, and for certain: `quit` alone can hang while the client reconnects. */
export const disconnect = async (client: RedisClient, timeoutMs: number): Promise<void> => {
  if (client.status === "ready") {
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([client.quit().then(undefined, () => undefined), bound]);
    clearTimeout(timer);
  }
  client.disconnect();
};

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
  WRONGTYPE: ["CORRUPT_VALUE", false],
};

// Arguments are checked before they are sent, so that a script fails only at what it reads.
const unlisted = (message: string): readonly [ExecutorErrorCode, boolean] =>
  message.includes("user_script") ? ["CORRUPT_VALUE", false] : ["REJECTED", false];

/** Any failure of a client call as an `ExecutorError` that tells its outcome. `connectionError`: the client's last one. */
export const toExecutorError = (thrown: unknown, operation: string, connectionError?: Error): ExecutorError => {
  if (thrown instanceof ExecutorError) return thrown;
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (cause.message === "Command timed out") {
    const message = `${operation}: Redis did not answer in time; whether it was applied is not known`;
    return new ExecutorError("TIMEOUT", message, { retryable: true, outcome: "unknown", operation, cause });
  }
  if (cause.name === "ReplyError") {
    const [code, retryable] = replies[cause.message.split(" ", 1)[0] ?? ""] ?? unlisted(cause.message);
    return new ExecutorError(code, `${operation}: Redis refused: ${cause.message}`, { retryable, operation, cause });
  }
  // A call that waits for a connection in vain is told a number of retries; why there was none is worth more.
  const reason = cause.name === "MaxRetriesPerRequestError" ? (connectionError ?? cause) : cause;
  const message = `${operation}: no connection to Redis: ${reason.message || reason.name}`;
  return new ExecutorError("UNAVAILABLE", message, { retryable: true, outcome: "unknown", operation, cause: reason });
};
