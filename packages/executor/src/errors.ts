/** What went wrong, for programs. The table with advice is in the README. */
export type ExecutorErrorCode =
  | "INVALID_ARGUMENT"
  | "UNAVAILABLE"
  | "TIMEOUT"
  | "OVERLOADED"
  | "READ_ONLY"
  | "TOPOLOGY"
  | "CORRUPT_VALUE"
  | "REJECTED"
  | "NO_LIVE_POD"
  | "OWNER_UNREACHABLE"
  | "NOT_OWNER"
  | "ABORTED"
  | "CLOSED";

/** `not-applied`: nothing was written. `unknown`: the request may have taken effect, the answer was lost. */
export type Outcome = "not-applied" | "unknown";

/** The facts of an {@link ExecutorError} besides its message. */
export interface ExecutorErrorDetails {
  /** Whether the same call may succeed later without a change by the caller. Default `false`. */
  readonly retryable?: boolean;
  /** Default `not-applied`. */
  readonly outcome?: Outcome;
  /** The operation that failed, e.g. `linkIfAbsent`. */
  readonly operation?: string;
  /** How long to wait before the next try, in milliseconds, where that is known. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

const brand: symbol = Symbol.for("@route/executor/ExecutorError");

/** The one error class of this package. `instanceof` works across duplicate copies of the package. */
export class ExecutorError extends Error {
  readonly code: ExecutorErrorCode;
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly operation: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ExecutorErrorCode, message: string, details: ExecutorErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ExecutorError";
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.outcome = details.outcome ?? "not-applied";
    this.operation = details.operation;
    this.retryAfterMs = details.retryAfterMs;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
