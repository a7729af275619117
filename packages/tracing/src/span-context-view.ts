import { type Context, type Span, trace } from "@opentelemetry/api";
import { isSpanKeyKnown } from "./span-key.ts";
import { SpanOverlay } from "./span-overlay.ts";
import { UnsampledSpan } from "./unsampled-span.ts";

class SpanContextView extends SpanOverlay {
  readonly #span: Span;

  constructor(parent: Context, span: Span) {
    super(parent);
    this.#span = span;
  }

  activeSpan(): Span {
    return this.#span;
  }
}

/** `parent` with `span` as the active one. */
export const withSpan = (parent: Context, span: Span): Context => {
  if (!isSpanKeyKnown) return trace.setSpan(parent, span);
  return UnsampledSpan.contextOf(span, parent) ?? new SpanContextView(parent, span);
};
