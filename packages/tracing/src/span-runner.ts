import { type Context, context, INVALID_TRACEID, type Span, type Tracer } from "@opentelemetry/api";
import type { HeadDecision, TraceOptions } from "./request-tracer-options.ts";
import { isThenable, type Outcome, RunningSpan, type SpanEnding } from "./running-span.ts";
import { withSpan } from "./span-context-view.ts";
import { UnsampledSpan } from "./unsampled-span.ts";

/** Runs functions in spans: asks for the decision, starts, activates, waits, ends. */
export class SpanRunner {
  readonly #tracer: Tracer;
  readonly #head: HeadDecision | undefined;
  readonly #ending: SpanEnding;

  constructor(tracer: Tracer, head: HeadDecision | undefined, ending: SpanEnding) {
    this.#tracer = tracer;
    this.#head = head;
    this.#ending = ending;
  }

  /** The span of an operation, or the one that stands for it where it is unsampled. */
  start(name: string, options: TraceOptions, parent: Context): Span {
    const unsampled = this.#head?.decide(parent, name, options.kind, options.attributes);
    return unsampled ?? this.#tracer.startSpan(name, options, parent);
  }

  /** Runs `fn` in a new span and ends that once. */
  run<T>(name: string, options: TraceOptions, fn: (span: Span) => T, outcome?: Outcome): T {
    const { signal } = options;
    signal?.throwIfAborted();
    const parent = options.parent ?? context.active();
    const span = this.start(name, options, parent);
    const startedAt = this.#ending.start();
    if (signal !== undefined) {
      const running = new RunningSpan(span, name, startedAt, this.#ending, outcome);
      return runUntil(signal, running, () => this.#call(span, parent, options, fn));
    }
    let value: T;
    try {
      value = this.#call(span, parent, options, fn);
    } catch (error) {
      this.#ending.fail(span, name, startedAt, error);
      throw error;
    }
    if (isThenable(value)) return new RunningSpan(span, name, startedAt, this.#ending, outcome).settleWith(value);
    this.#ending.succeed(span, name, startedAt, value, outcome);
    return value;
  }

  #call<T>(span: Span, parent: Context, options: TraceOptions, fn: (span: Span) => T): T {
    const own = UnsampledSpan.contextOf(span, parent);
    if (own !== undefined) return context.with(own, fn, undefined, span);
    // A span without ids (no SDK) leaves the context as it is: making it active would change nothing but cost.
    if (span.spanContext().traceId !== INVALID_TRACEID)
      return context.with(withSpan(parent, span), fn, undefined, span);
    return options.parent === undefined ? fn(span) : context.with(parent, fn, undefined, span);
  }
}

const runUntil = <T>(signal: AbortSignal, running: RunningSpan, call: () => T): T => {
  running.endOnAbort(signal);
  try {
    const value = call();
    if (isThenable(value)) return running.settleWith(value);
    running.succeed(value);
    return value;
  } catch (error) {
    running.fail(error);
    throw error;
  }
};
