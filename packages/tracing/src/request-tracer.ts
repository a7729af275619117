import { type Attributes, type Context, context, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { attributeNames, legacyAttributeNames } from "./attributes.ts";
import { ManualRuns } from "./manual-runs.ts";
import { type OperationDuration, OperationDurations } from "./operation-durations.ts";
import type {
  CacheOperationOptions,
  HealthCheckOptions,
  LoadBalancerOperationOptions,
  RedisCommandOptions,
  RouteLookupOptions,
} from "./operation-options.ts";
import * as operations from "./operations.ts";
import { extractContext, type HeaderSource, injectContext } from "./propagation.ts";
import { keyedHash } from "./redaction/keyed-hash.ts";
import { type RequestTracerOptions, requestTracerDefaults, type TraceOptions } from "./request-tracer-options.ts";
import { SpanEnding } from "./running-span.ts";
import { withSpan } from "./span-context-view.ts";
import { recordThrown } from "./span-errors.ts";
import { SpanRunner } from "./span-runner.ts";
import { type TraceInfo, traceInfo } from "./trace-info.ts";
import { requireMethod, requireOneOf } from "./validation.ts";

/** A context with its span, for code that cannot be wrapped in a callback. */
export interface StartedRequest {
  readonly context: Context;
  readonly span: Span;
}

const noOptions: TraceOptions = Object.freeze({});

/** Traces the operations of a stateful service. Needs `@opentelemetry/api` only, and costs next to nothing while no SDK is registered. */
export class RequestTracer {
  readonly #runner: SpanRunner;
  readonly #settings: operations.AttributeSettings;
  readonly #durations: OperationDurations | undefined;
  readonly #ending: SpanEnding;
  readonly #manual = new ManualRuns();

  constructor(options: RequestTracerOptions = {}) {
    const { name, keys, legacyNames, maxOperations, clock } = { ...requestTracerDefaults, ...options };
    const provider = requireMethod("tracerProvider", options.tracerProvider ?? trace, "getTracer");
    if (options.head !== undefined) requireMethod("head", options.head, "decide");
    this.#settings = {
      names: legacyNames ? legacyAttributeNames : attributeNames,
      keys: requireOneOf("keys", keys, ["hash", "omit", "plain"]),
      hash: keyedHash(options.hashSecret),
    };
    const durations = new OperationDurations(maxOperations);
    this.#durations = maxOperations > 0 ? durations : undefined;
    this.#ending = new SpanEnding(this.#durations, clock);
    this.#runner = new SpanRunner(provider.getTracer(name, options.version), options.head, this.#ending);
  }

  /**
   * Runs `fn` in a new span and ends it once: when `fn` returns, when its promise settles, or when it throws. Returns what
   * `fn` returns; what it throws is recorded and thrown again unchanged. An aborted `signal` throws its reason.
   */
  trace<T>(name: string, fn: (span: Span) => T): T;
  trace<T>(name: string, options: TraceOptions, fn: (span: Span) => T): T;
  trace<T>(name: string, first: TraceOptions | ((span: Span) => T), second?: (span: Span) => T): T {
    return second === undefined
      ? this.#runner.run(name, noOptions, first as (span: Span) => T)
      : this.#runner.run(name, first as TraceOptions, second);
  }

  /** With a callback the same as {@link trace}; without one a started span and its context, to be ended with {@link endSpan}. */
  traceRequest(operation: string, options?: TraceOptions): StartedRequest;
  traceRequest<T>(operation: string, options: TraceOptions, fn: (span: Span) => T): T;
  traceRequest<T>(operation: string, options: TraceOptions = noOptions, fn?: (span: Span) => T): T | StartedRequest {
    if (fn) return this.#runner.run(operation, options, fn);
    const span = this.startSpan(operation, options);
    return { span, context: withSpan(options.parent ?? context.active(), span) };
  }

  /** Starts a span that {@link endSpan} ends. It is not active by itself. */
  startSpan(name: string, options: TraceOptions = noOptions): Span {
    const span = this.#runner.start(name, options, options.parent ?? context.active());
    return this.#durations ? this.#manual.begin(span, name, this.#ending.start()) : span;
  }

  /** Ends a span, with what was thrown where something was. Further calls for the same span do nothing. */
  endSpan(span: Span, error?: unknown): void {
    const run = this.#durations && this.#manual.end(span);
    if (run) this.#ending.count(run.operation, run.startedAt, error !== undefined);
    if (!span.isRecording()) return;
    if (error !== undefined) recordThrown(span, error);
    span.end();
  }

  /** Traces `cache.<operation>`; whether it was a hit is recorded at the end. */
  traceCacheOperation<T>(
    operation: string,
    options: CacheOperationOptions<T> & TraceOptions,
    fn: (span: Span) => T,
  ): T {
    return this.#run(operations.cacheOperation(this.#settings, operation, options), options, fn);
  }

  /** Traces `loadbalancer.<operation>`; the chosen pod is recorded at the end. */
  traceLoadBalancerOperation<T>(
    operation: string,
    options: LoadBalancerOperationOptions<T> & TraceOptions,
    fn: (span: Span) => T,
  ): T {
    return this.#run(operations.loadBalancerOperation(this.#settings, operation, options), options, fn);
  }

  /** Traces `healthcheck.check`; an unhealthy answer sets the status ERROR. */
  traceHealthCheck<T>(service: string, options: HealthCheckOptions<T> & TraceOptions, fn: (span: Span) => T): T {
    return this.#run(operations.healthCheck(this.#settings, service, options), options, fn);
  }

  /** Traces a Redis command as the semantic conventions ask: `<command> <target>`, kind CLIENT. */
  traceRedisCommand<T>(command: string, options: RedisCommandOptions & TraceOptions, fn: (span: Span) => T): T {
    return this.#run(operations.redisCommand(command, options), options, fn);
  }

  /** Traces `route.lookup`; pod and outcome are recorded at the end. */
  traceRouteLookup<T>(options: RouteLookupOptions<T> & TraceOptions, fn: (span: Span) => T): T {
    return this.#run(operations.routeLookup(this.#settings, options), options, fn);
  }

  /** Adds a dated note. */
  addEvent(span: Span, name: string, attributes?: Attributes): void {
    span.addEvent(name, attributes);
  }

  /** Sets OK, or ERROR with a description; the specification gives OK none. */
  setStatus(span: Span, success: boolean, description?: string): void {
    if (success) span.setStatus({ code: SpanStatusCode.OK });
    else span.setStatus({ code: SpanStatusCode.ERROR, ...(description !== undefined && { message: description }) });
  }

  /** Records anything thrown, with status ERROR. The span goes on. */
  recordError(span: Span, error: unknown): void {
    recordThrown(span, error);
  }

  /** What is known about a span, or about the active one; `undefined` without any. */
  info(span: Span | undefined = trace.getActiveSpan()): TraceInfo | undefined {
    return span && traceInfo(span);
  }

  /** Writes `traceparent` and `tracestate` of `from`, or of the active context, into `headers` and returns them. */
  inject<H extends Record<string, string>>(headers: H, from: Context = context.active()): H {
    injectContext(from, headers);
    return headers;
  }

  /** The context of an incoming request, for the option `parent`. */
  extract(headers: HeaderSource, parent: Context = context.active()): Context {
    return extractContext(headers, parent);
  }

  /** Count, error share, p50 and p99 of each operation so far, unsampled runs included. */
  durations(): Readonly<Record<string, OperationDuration>> {
    return this.#durations?.snapshot() ?? {};
  }

  #run<T>({ name, kind, known, learn }: operations.Operation, options: TraceOptions, fn: (span: Span) => T): T {
    const start = (span: Span): T => {
      if (span.isRecording()) span.setAttributes(known());
      return fn(span);
    };
    return this.#runner.run(name, kind === undefined ? options : { kind, ...options }, start, learn);
  }
}
