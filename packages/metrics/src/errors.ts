/** Why a {@link MetricsError} was thrown. */
export type MetricsErrorCode = "metric-exists" | "metric-mismatch" | "closed";

const brand = Symbol.for("@route/metrics.MetricsError");

/** The one error class of this package; a bad argument is a `TypeError` or `RangeError` instead. */
export class MetricsError extends Error {
  override readonly name: string = "MetricsError";
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Also true for an error of another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
