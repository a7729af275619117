const BRAND = Symbol.for("@route/loadbalancer.LoadBalancerError");

/** Why a balancer refused. Each code is explained in the README. */
export type LoadBalancerErrorCode = "CLOSED" | "QUEUE_FULL" | "WAIT_TIMEOUT" | "STRATEGY_MISUSE";

/** The one error class of this package; `instanceof` also holds across duplicate copies of it. */
export class LoadBalancerError extends Error {
  override readonly name: string = "LoadBalancerError";
  readonly code: LoadBalancerErrorCode;

  constructor(code: LoadBalancerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
