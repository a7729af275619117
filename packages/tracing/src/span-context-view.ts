import { type Context, type Span, trace } from "@opentelemetry/api";
import { isSpanKeyKnown, spanKey } from "./span-key.ts";
import { contextBelow, type SpanOverlay } from "./span-overlay.ts";
import { UnsampledSpan } from "./unsampled-span.ts";

/** A context with another active span. The API's own copies a map and makes three closures for each; this is one object. */
class SpanContextView implements SpanOverlay {
  readonly below: Context;
  readonly #span: Span;

  constructor(parent: Context, span: Span) {
    this.below = contextBelow(parent);
    this.#span = span;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#span : this.below.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return trace.setSpan(this.below, this.#span).setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return trace.setSpan(this.below, this.#span).deleteValue(key);
  }
}

/** `parent` with `span` as the active one. */
export const withSpan = (parent: Context, span: Span): Context => {
  if (!isSpanKeyKnown) return trace.setSpan(parent, span);
  return UnsampledSpan.contextOf(span, parent) ?? new SpanContextView(parent, span);
};
