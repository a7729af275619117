const brand = Symbol.for("@route/cache.CacheError");

/** `closed`: the cache was closed. `load-timeout`: a loader took longer than `hardTimeoutMs`. */
export type CacheErrorCode = "closed" | "load-timeout";

/** The one error class of this package. `instanceof` holds across duplicate copies of it. */
export class CacheError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }

  override readonly name: string = "CacheError";
  readonly code: CacheErrorCode;

  constructor(code: CacheErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }
}
