import { checkType } from "../checks.ts";
import { maxTraceIdLength } from "../store/exemplars.ts";
import type { PendingObservations } from "../store/pending-observations.ts";
import { type RouteBlock, routeLayout } from "./route-block.ts";

const refuse = (durationMs: unknown): never => {
  throw new RangeError(`durationMs must be a finite number >= 0, got ${String(durationMs)}`);
};

// Division, not `* 1e-3`: 9 ms must be 0.009 s, not 0.009000000000000001 s, which is another bucket.
const toSeconds = (durationMs: number): number => {
  if (!(Number.isFinite(durationMs) && durationMs >= 0)) refuse(durationMs);
  return durationMs / 1000;
};

/** What is not `true` counts one failure if it is `false`: an outcome that was left out must not be recorded as one. */
const failure = (success: unknown): 1 => {
  checkType("success", success, success === false, "a boolean");
  return 1;
};

const traceIdOf = (context: object | null | undefined): string | undefined => {
  const traceId = (context as { readonly traceId?: unknown } | null | undefined)?.traceId;
  // An id may come from a stranger's header: what no page can carry is left out, and the request is recorded.
  const usable = typeof traceId === "string" && traceId !== "" && traceId.length <= maxTraceIdLength;
  return usable ? traceId : undefined;
};

/**
 * Records what happens while requests are routed, for one set of label values. A bad number throws a `RangeError`, an
 * outcome that is no boolean a `TypeError`; nothing is recorded then.
 */
export class RouteRecorder {
  readonly #block: RouteBlock;
  readonly #values: Float64Array;
  readonly #requests: PendingObservations;
  readonly #podSelections: PendingObservations;
  readonly #healthChecks: PendingObservations;

  constructor(block: RouteBlock) {
    this.#block = block;
    this.#values = block.values;
    this.#requests = block.requests;
    this.#podSelections = block.podSelections;
    this.#healthChecks = block.healthChecks;
  }

  /** One routed request: its duration in milliseconds, and whether it succeeded. */
  recordRequest(durationMs: number, success: boolean): void;
  /**
   * One routed request of a context: failed if there is an `error`. A `traceId` of the context becomes the exemplar of
   * the duration's bucket.
   */
  recordRequest(context: object | null | undefined, durationMs: number, error?: unknown): void;
  recordRequest(first: number | object | null | undefined, second: number | boolean, error?: unknown): void {
    if (typeof first === "number") {
      const seconds = toSeconds(first);
      if (second !== true) this.#values[routeLayout.requestErrors]! += failure(second);
      this.#requests.append(seconds);
      return;
    }
    // Strings and booleans would pass as numbers: a duration in the wrong place must not be recorded as 1 ms.
    const seconds = toSeconds(typeof second === "number" ? second : Number.NaN);
    const traceId = traceIdOf(first);
    if (traceId === undefined) this.#requests.append(seconds);
    else {
      this.#block.requestDuration.observe(seconds, traceId);
      this.#values[routeLayout.requestTotal]! += 1;
    }
    if (error !== undefined && error !== null) this.#values[routeLayout.requestErrors]! += 1;
  }

  /** A look-up that the cache answered. */
  recordCacheHit(): void {
    this.#values[routeLayout.cacheHits]! += 1;
  }

  /** A look-up that the cache could not answer. */
  recordCacheMiss(): void {
    this.#values[routeLayout.cacheMisses]! += 1;
  }

  /** The number of entries in the cache. */
  setCacheSize(size: number): void {
    this.#block.cacheSize.set(size);
  }

  /** The same as {@link setCacheSize}, by its other name in the Go version. */
  updateCacheSize(size: number): void {
    this.setCacheSize(size);
  }

  /** One choice of a pod, and how long it took in milliseconds. */
  recordLoadBalancerRequest(durationMs: number): void {
    this.#podSelections.append(toSeconds(durationMs));
  }

  /** One health check: its duration in milliseconds, and whether the pod was healthy. */
  recordHealthCheck(durationMs: number, success: boolean): void {
    const seconds = toSeconds(durationMs);
    if (success !== true) this.#values[routeLayout.healthCheckFailures]! += failure(success);
    this.#healthChecks.append(seconds);
  }
}
