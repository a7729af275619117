import { type Attributes, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { AttributeNames } from "./attributes.ts";
import type {
  CacheOperationOptions,
  HealthCheckOptions,
  KeyVisibility,
  LoadBalancerOperationOptions,
  RedisCommandOptions,
  RouteLookupOptions,
} from "./operation-options.ts";
import type { KeyHash } from "./redaction/keyed-hash.ts";
import type { Outcome } from "./running-span.ts";

/** What the attributes of an operation depend on beside its options. */
export interface AttributeSettings {
  readonly names: AttributeNames;
  readonly keys: KeyVisibility;
  readonly hash: KeyHash;
}

/** An operation of a stateful service: the span that stands for it, but for its times. */
export interface Operation {
  readonly name: string;
  readonly kind?: SpanKind;
  /** What is known when it starts; asked only where somebody records it. */
  readonly known: () => Attributes;
  /** Records what only its value tells. */
  readonly learn?: Outcome;
}

const hide = (settings: AttributeSettings, plain: string, hashed: string, value: string | undefined): Attributes => {
  if (value === undefined || settings.keys === "omit") return {};
  return settings.keys === "plain" ? { [plain]: value } : { [hashed]: settings.hash(value) };
};

const defined = (attributes: Readonly<Record<string, string | number | boolean | undefined>>): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

/** The pod in `value`: what the caller's selector says, else `value` itself where it is a number. */
const podIn = <T>(
  { pod }: { readonly pod?: (value: Awaited<T>) => number | undefined },
  value: unknown,
): number | undefined => {
  if (pod) return pod(value as Awaited<T>);
  return typeof value === "number" ? value : undefined;
};

/** `cache.<operation>`. */
export const cacheOperation = <T>(
  settings: AttributeSettings,
  operation: string,
  options: CacheOperationOptions<T>,
): Operation => {
  const { names } = settings;
  const isHit = (value: unknown): boolean | undefined => {
    if (options.hit) return options.hit(value as Awaited<T>);
    return operation === "get" ? value !== undefined : undefined;
  };
  return {
    name: `cache.${operation}`,
    known: () => ({
      ...defined({
        [names.cacheOperation]: operation,
        [names.cacheName]: options.cacheName,
        [names.cachePolicy]: options.policy,
      }),
      ...hide(settings, names.cacheKey, names.cacheKeyHash, options.key),
    }),
    learn: (span, value) => void span.setAttributes(defined({ [names.cacheHit]: isHit(value) })),
  };
};

/** `loadbalancer.<operation>`. */
export const loadBalancerOperation = <T>(
  { names }: AttributeSettings,
  operation: string,
  options: LoadBalancerOperationOptions<T>,
): Operation => ({
  name: `loadbalancer.${operation}`,
  known: () =>
    defined({
      [names.loadBalancerOperation]: operation,
      [names.loadBalancerService]: options.service,
      [names.loadBalancerCandidates]: options.podCount,
      [names.loadBalancerAlgorithm]: options.algorithm,
      [names.loadBalancerAttempt]: options.attempt,
    }),
  learn: (span, value) => void span.setAttributes(defined({ [names.podIndex]: podIn(options, value) })),
});

/** `healthcheck.check`. */
export const healthCheck = <T>(
  { names }: AttributeSettings,
  service: string,
  options: HealthCheckOptions<T>,
): Operation => ({
  name: "healthcheck.check",
  known: () =>
    defined({
      [names.healthService]: service,
      [names.healthPod]: options.podId,
      [names.healthConsecutiveFailures]: options.consecutiveFailures,
    }),
  learn: (span, value) => {
    const success = options.success ? options.success(value as Awaited<T>) : value !== false;
    span.setAttribute(names.healthSuccess, success);
    if (!success) span.setStatus({ code: SpanStatusCode.ERROR });
  },
});

/** `<command> <target>`, with the names of the semantic conventions for databases, version 1.45. */
export const redisCommand = (command: string, options: RedisCommandOptions): Operation => ({
  name: options.target === undefined ? command : `${command} ${options.target}`,
  kind: SpanKind.CLIENT,
  known: () =>
    defined({
      "db.system.name": "redis",
      "db.operation.name": command,
      "db.namespace": options.databaseIndex?.toString(),
      "db.operation.batch.size": options.batchSize,
      "db.stored_procedure.name": options.script,
      "server.address": options.serverAddress,
      "server.port": options.serverPort,
    }),
});

/** `route.lookup`. */
export const routeLookup = <T>(settings: AttributeSettings, options: RouteLookupOptions<T>): Operation => {
  const { names } = settings;
  return {
    name: "route.lookup",
    known: () => ({
      [names.service]: options.service,
      ...hide(settings, names.uid, names.uidHash, options.uid),
    }),
    learn: (span, value) =>
      void span.setAttributes(
        defined({
          [names.podIndex]: podIn(options, value),
          [names.linkOutcome]: options.outcome?.(value as Awaited<T>),
        }),
      ),
  };
};
