import type { Counter } from "./store/counter.ts";
import type { Gauge } from "./store/gauge.ts";
import type { Histogram } from "./store/histogram.ts";

/** The handles that one recorder writes. */
export interface RouteHandles {
  readonly requestTotal: Counter;
  readonly requestDuration: Histogram;
  readonly requestErrors: Counter;
  readonly cacheHits: Counter;
  readonly cacheMisses: Counter;
  readonly cacheSize: Gauge;
  readonly loadBalancerRequests: Counter;
  readonly podSelectionDuration: Histogram;
  readonly healthCheckTotal: Counter;
  readonly healthCheckDuration: Histogram;
  readonly healthCheckFailures: Counter;
}

const refuse = (durationMs: unknown): never => {
  throw new RangeError(`durationMs must be a finite number >= 0, got ${String(durationMs)}`);
};

// Division, not `* 1e-3`: 9 ms must be 0.009 s, not 0.009000000000000001 s, which is another bucket.
const toSeconds = (durationMs: number): number => {
  if (!(Number.isFinite(durationMs) && durationMs >= 0)) refuse(durationMs);
  return durationMs / 1000;
};

const traceIdOf = (context: object | null | undefined): string | undefined => {
  const traceId = (context as { readonly traceId?: unknown } | null | undefined)?.traceId;
  return typeof traceId === "string" && traceId !== "" ? traceId : undefined;
};

/**
 * Records what happens while requests are routed, for one set of label values. A bad number throws a `RangeError`
 * and records nothing.
 */
export class RouteRecorder {
  readonly #handles: RouteHandles;

  constructor(handles: RouteHandles) {
    this.#handles = handles;
  }

  /** One routed request: its duration in milliseconds, and whether it succeeded. */
  recordRequest(durationMs: number, success: boolean): void;
  /**
   * One routed request of a context: failed if there is an `error`. A `traceId` of the context becomes the exemplar of
   * the duration's bucket.
   */
  recordRequest(context: object | null | undefined, durationMs: number, error?: unknown): void;
  recordRequest(first: number | object | null | undefined, second: number | boolean, error?: unknown): void {
    const { requestTotal, requestDuration, requestErrors } = this.#handles;
    if (typeof first === "number") {
      requestDuration.observe(toSeconds(first));
      requestTotal.inc();
      if (!second) requestErrors.inc();
    } else {
      // Strings and booleans would pass as numbers: a duration in the wrong place must not be recorded as 1 ms.
      requestDuration.observe(toSeconds(typeof second === "number" ? second : Number.NaN), traceIdOf(first));
      requestTotal.inc();
      if (error !== undefined && error !== null) requestErrors.inc();
    }
  }

  /** A look-up that the cache answered. */
  recordCacheHit(): void {
    this.#handles.cacheHits.inc();
  }

  /** A look-up that the cache could not answer. */
  recordCacheMiss(): void {
    this.#handles.cacheMisses.inc();
  }

  /** The number of entries in the cache. */
  setCacheSize(size: number): void {
    this.#handles.cacheSize.set(size);
  }

  /** The same as {@link setCacheSize}, by its other name in the Go version. */
  updateCacheSize(size: number): void {
    this.setCacheSize(size);
  }

  /** One choice of a pod, and how long it took in milliseconds. */
  recordLoadBalancerRequest(durationMs: number): void {
    this.#handles.podSelectionDuration.observe(toSeconds(durationMs));
    this.#handles.loadBalancerRequests.inc();
  }

  /** One health check: its duration in milliseconds, and whether the pod was healthy. */
  recordHealthCheck(durationMs: number, success: boolean): void {
    this.#handles.healthCheckDuration.observe(toSeconds(durationMs));
    this.#handles.healthCheckTotal.inc();
    if (!success) this.#handles.healthCheckFailures.inc();
  }
}
