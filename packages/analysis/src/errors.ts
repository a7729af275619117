/** What can go wrong besides a bad value, which is a `TypeError` or `RangeError`. */
export type AnalysisErrorCode =
  | "RULE_EXISTS"
  | "COLLECTOR_EXISTS"
  | "COLLECTOR_FAILED"
  | "COLLECTOR_TIMEOUT"
  | "ANALYZER_CLOSED";

const brand = Symbol.for("@route/analysis.AnalysisError");

/** The error of this package. `instanceof` also holds for errors of another copy of it. */
export class AnalysisError extends Error {
  readonly code: AnalysisErrorCode;

  constructor(code: AnalysisErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AnalysisError";
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
