import { type Context, type Span, trace } from "@opentelemetry/api";
import { spanKey } from "./span-key.ts";

/**
 * A context that differs from another one in its active span only: one object, where the API's own copies a map and makes
 * three closures. It stands on the context below all overlays, never on another overlay: timers that start timers, and loops
 * that go on in the context of their last turn, would otherwise keep every span that they ever had.
 */
export abstract class SpanOverlay implements Context {
  readonly #base: Context;

  constructor(parent: Context) {
    this.#base = SpanOverlay.baseOf(parent);
  }

  /** `context` without the overlay on it. */
  static baseOf(context: Context): Context {
    return context instanceof SpanOverlay ? context.#base : context;
  }

  /** The active span. */
  abstract activeSpan(): Span;

  getValue(key: symbol): unknown {
    return key === spanKey ? this.activeSpan() : this.#base.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return trace.setSpan(this.#base, this.activeSpan()).setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return trace.setSpan(this.#base, this.activeSpan()).deleteValue(key);
  }

  /** Whether this is `parent` with another active span. */
  protected liesOn(parent: Context): boolean {
    return this.#base === SpanOverlay.baseOf(parent);
  }
}
