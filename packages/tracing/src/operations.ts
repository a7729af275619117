import type { Attributes } from "@opentelemetry/api";
import type { AttributeNames } from "./attributes.ts";
import type { KeyHash } from "./redaction/keyed-hash.ts";

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

/** What the attributes of an operation depend on beside its options. */
export interface AttributeSettings {
  readonly names: AttributeNames;
  readonly keys: KeyVisibility;
  readonly hash: KeyHash;
}

const hide = (settings: AttributeSettings, plain: string, hashed: string, value: string | undefined): Attributes => {
  if (value === undefined || settings.keys === "omit") return {};
  return settings.keys === "plain" ? { [plain]: value } : { [hashed]: settings.hash(value) };
};

const defined = (attributes: Readonly<Record<string, string | number | boolean | undefined>>): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** What is known about a cache operation when it starts. */
export const cacheAttributes = <T>(
  settings: AttributeSettings,
  operation: string,
  options: CacheOperationOptions<T>,
): Attributes => ({
  ...defined({
    [settings.names.cacheOperation]: operation,
    [settings.names.cacheName]: options.cacheName,
    [settings.names.cachePolicy]: options.policy,
  }),
  ...hide(settings, settings.names.cacheKey, settings.names.cacheKeyHash, options.key),
});

/** Whether it was a hit. */
export const cacheOutcome = <T>(
  { names }: AttributeSettings,
  operation: string,
  options: CacheOperationOptions<T>,
  value: Awaited<T>,
): Attributes => {
  const hit = options.hit ? options.hit(value) : operation === "get" ? value !== undefined : undefined;
  return defined({ [names.cacheHit]: hit });
};

/** What is known about a choice when it starts. */
export const loadBalancerAttributes = <T>(
  { names }: AttributeSettings,
  operation: string,
  options: LoadBalancerOperationOptions<T>,
): Attributes =>
  defined({
    [names.loadBalancerOperation]: operation,
    [names.loadBalancerService]: options.service,
    [names.loadBalancerCandidates]: options.podCount,
    [names.loadBalancerAlgorithm]: options.algorithm,
    [names.loadBalancerAttempt]: options.attempt,
  });

/** Which pod was chosen or found. */
export const podOutcome = <T>(
  { names }: AttributeSettings,
  options: { readonly pod?: (value: Awaited<T>) => number | undefined },
  value: Awaited<T>,
): Attributes => defined({ [names.podIndex]: options.pod ? options.pod(value) : numberOf(value) });

/** What is known about a health check when it starts. */
export const healthAttributes = <T>(
  { names }: AttributeSettings,
  service: string,
  options: HealthCheckOptions<T>,
): Attributes =>
  defined({
    [names.healthService]: service,
    [names.healthPod]: options.podId,
    [names.healthConsecutiveFailures]: options.consecutiveFailures,
  });

/** Names of the semantic conventions for databases, version 1.45. */
export const redisAttributes = (command: string, options: RedisCommandOptions): Attributes =>
  defined({
    "db.system.name": "redis",
    "db.operation.name": command,
    "db.namespace": options.databaseIndex?.toString(),
    "db.operation.batch.size": options.batchSize,
    "db.stored_procedure.name": options.script,
    "server.address": options.serverAddress,
    "server.port": options.serverPort,
  });

/** What is known about a look-up when it starts. */
export const lookupAttributes = <T>(settings: AttributeSettings, options: RouteLookupOptions<T>): Attributes => ({
  [settings.names.service]: options.service,
  ...hide(settings, settings.names.uid, settings.names.uidHash, options.uid),
});

/** Which pod was found, and how. */
export const lookupOutcome = <T>(
  settings: AttributeSettings,
  options: RouteLookupOptions<T>,
  value: Awaited<T>,
): Attributes => ({
  ...podOutcome(settings, options, value),
  ...defined({ [settings.names.linkOutcome]: options.outcome?.(value) }),
});
