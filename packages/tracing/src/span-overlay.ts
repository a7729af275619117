import type { Context } from "@opentelemetry/api";

/** A context that differs from another one in its active span only. */
export interface SpanOverlay extends Context {
  /** That other context, which is no overlay itself. */
  readonly below: Context;
}

/**
 * `context` without the overlay on it. An overlay lies on what this returns, never on another overlay: timers that start
 * timers, and loops that go on in the context of their last turn, would otherwise keep every span that they ever had.
 */
export const contextBelow = (context: Context): Context => (context as Partial<SpanOverlay>).below ?? context;
