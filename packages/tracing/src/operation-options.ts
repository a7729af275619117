/** How keys and uids appear on spans. */
export type KeyVisibility = "hash" | "omit" | "plain";

/** A cache operation. */
export interface CacheOperationOptions<T> {
  readonly key?: string;
  /** Which cache, where there are several. */
  readonly cacheName?: string;
  readonly policy?: string;
  /** Whether `value` is a hit. Default for `get`: anything but `undefined`. */
  readonly hit?: (value: Awaited<T>) => boolean;
}

/** A choice among pods. */
export interface LoadBalancerOperationOptions<T> {
  readonly service: string;
  /** Pods to choose from. */
  readonly podCount?: number;
  readonly algorithm?: string;
  /** 1 for the first attempt. */
  readonly attempt?: number;
  /** The chosen pod in `value`. Default: `value` itself where it is a number. */
  readonly pod?: (value: Awaited<T>) => number | undefined;
}

/** A health check of one pod. */
export interface HealthCheckOptions<T> {
  readonly podId: number;
  readonly consecutiveFailures?: number;
  /** Whether `value` means healthy. Default: anything but `false`. */
  readonly success?: (value: Awaited<T>) => boolean;
}

/** A Redis command, pipeline or script. */
export interface RedisCommandOptions {
  /** The key pattern or script name that makes the span name, from a closed set. */
  readonly target?: string;
  readonly databaseIndex?: number;
  readonly serverAddress?: string;
  readonly serverPort?: number;
  /** Commands in a pipeline or transaction. */
  readonly batchSize?: number;
  /** SHA or name of a script. */
  readonly script?: string;
}

/** A look-up of a uid's pod. */
export interface RouteLookupOptions<T> {
  readonly service: string;
  readonly uid?: string;
  /** How the link was found, e.g. `hit`, `created`, `moved`, `conflict`. */
  readonly outcome?: (value: Awaited<T>) => string | undefined;
  /** The pod in `value`. Default: `value` itself where it is a number. */
  readonly pod?: (value: Awaited<T>) => number | undefined;
}
