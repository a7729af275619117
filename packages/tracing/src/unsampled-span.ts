import type { Context, Span, SpanContext, TraceState } from "@opentelemetry/api";
import { isSpanKeyKnown } from "./span-key.ts";
import { SpanOverlay } from "./span-overlay.ts";

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
export class UnsampledSpan extends SpanOverlay implements Span {
  /** The run that it was started for by hand, if it was. */
  run: ManualRun | undefined;
  readonly #traceId: string;
  readonly #traceFlags: number;
  readonly #traceState: TraceState | undefined;
  readonly #ids: UnsampledTrace["ids"];
  #spanContext: SpanContext | undefined;

  constructor(parent: Context, { traceId, traceFlags, traceState, ids }: UnsampledTrace) {
    super(parent);
    this.#traceId = traceId;
    this.#traceFlags = traceFlags;
    this.#traceState = traceState;
    this.#ids = ids;
  }

  /** The span as a context with itself as the active span, if that is what making it active in `parent` would give. */
  static contextOf(span: Span, parent: Context): Context | undefined {
    return isSpanKeyKnown && span instanceof UnsampledSpan && span.liesOn(parent) ? span : undefined;
  }

  spanContext(): SpanContext {
    this.#spanContext ??= this.#identify();
    return this.#spanContext;
  }

  activeSpan(): Span {
    return this;
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
