import { type Context, type Span, type SpanContext, type TraceState, trace } from "@opentelemetry/api";
import { isSpanKeyKnown, spanKey } from "./span-key.ts";
import { contextBelow, type SpanOverlay } from "./span-overlay.ts";

/** An operation between its start and its end by hand. */
export interface ManualRun {
  readonly operation: string;
  readonly startedAt: number;
  isOver: boolean;
}

/** What an {@link UnsampledSpan} passes on. */
export interface UnsampledTrace {
  readonly traceId: string;
  readonly traceFlags: number;
  readonly traceState: TraceState | undefined;
  /** Asked once, when the ids are. */
  readonly ids: { generateSpanId(): string };
}

/**
 * Stands for an operation that is not sampled. It records nothing, and is itself the context in which it is active: one
 * object instead of a span, its ids and a context. Few are ever asked for their ids, so those are made when they are.
 */
export class UnsampledSpan implements Span, SpanOverlay {
  /** The run that it was started for by hand, if it was. */
  run: ManualRun | undefined;
  readonly below: Context;
  readonly #traceId: string;
  readonly #traceFlags: number;
  readonly #traceState: TraceState | undefined;
  readonly #ids: UnsampledTrace["ids"];
  #spanContext: SpanContext | undefined;

  constructor(parent: Context, { traceId, traceFlags, traceState, ids }: UnsampledTrace) {
    this.below = contextBelow(parent);
    this.#traceId = traceId;
    this.#traceFlags = traceFlags;
    this.#traceState = traceState;
    this.#ids = ids;
  }

  /** The span as a context with itself as the active span, if that is what making it active in `parent` would give. */
  static contextOf(span: Span, parent: Context): Context | undefined {
    return isSpanKeyKnown && span instanceof UnsampledSpan && span.below === contextBelow(parent) ? span : undefined;
  }

  spanContext(): SpanContext {
    this.#spanContext ??= this.#identify();
    return this.#spanContext;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this : this.below.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return trace.setSpan(this.below, this).setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return trace.setSpan(this.below, this).deleteValue(key);
  }

  isRecording(): boolean {
    return false;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  end(): void {}

  recordException(): void {}

  #identify(): SpanContext {
    const made = { traceId: this.#traceId, spanId: this.#ids.generateSpanId(), traceFlags: this.#traceFlags };
    return this.#traceState === undefined ? made : { ...made, traceState: this.#traceState };
  }
}
