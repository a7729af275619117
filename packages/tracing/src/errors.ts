/** Why an operation of this package failed. */
export type TracingErrorCode =
  /** A bounded queue has no room: the item was not taken. */
  | "queue-full"
  /** The object was stopped, closed or shut down before. */
  | "closed"
  /** A buffer was given back twice, or to a pool that did not hand it out. */
  | "double-release"
  /** The receiver refused the data for good, or the retry time is used up. */
  | "export-failed"
  /** A flush or shutdown did not finish before its deadline. */
  | "timeout"
  /** A configured file, endpoint or compression cannot be used. */
  | "unusable";

/** Facts beside the message of a {@link TracingError}. */
export interface TracingErrorOptions extends ErrorOptions {
  readonly retryable?: boolean;
  readonly outcome?: "not-applied" | "unknown";
}

const brand = Symbol.for("@route/tracing.TracingError");

/** The one error class of this package. `instanceof` holds across duplicate copies of the package. */
export class TracingError extends Error {
  override readonly name = "TracingError";
  readonly code: TracingErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** Whether the receiver may have taken the data although the call failed. */
  readonly outcome: "not-applied" | "unknown";

  constructor(code: TracingErrorCode, message: string, options: TracingErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.outcome = options.outcome ?? "not-applied";
  }

  static {
    Object.defineProperty(TracingError.prototype, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
