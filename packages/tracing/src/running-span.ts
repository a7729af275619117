import type { Span } from "@opentelemetry/api";
import type { OperationDurations } from "./operation-durations.ts";
import type { Clock } from "./ports.ts";
import { recordThrown } from "./span-errors.ts";

/** Facts about the value of an operation, known only at its end. */
export type Outcome = (span: Span, value: unknown) => void;

/** Whether `value` has to be waited for. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";

/** Ends spans and counts their durations. */
export class SpanEnding {
  readonly #durations: OperationDurations | undefined;
  readonly #clock: Clock;

  constructor(durations: OperationDurations | undefined, clock: Clock) {
    this.#durations = durations;
    this.#clock = clock;
  }

  /** The time for {@link succeed} and {@link fail}; not read where durations are off. */
  start(): number {
    return this.#durations === undefined ? 0 : this.#clock();
  }

  /** Ends `span` after `operation` has returned `value`. */
  succeed(span: Span, operation: string, startedAt: number, value: unknown, outcome: Outcome | undefined): void {
    if (outcome !== undefined && span.isRecording()) describe(span, value, outcome);
    this.count(operation, startedAt, false);
    span.end();
  }

  /** Ends `span` after `operation` has thrown. */
  fail(span: Span, operation: string, startedAt: number, thrown: unknown): void {
    recordThrown(span, thrown);
    this.count(operation, startedAt, true);
    span.end();
  }

  /** Counts a run without ending its span. */
  count(operation: string, startedAt: number, failed: boolean): void {
    this.#durations?.add(operation, this.#clock() - startedAt, failed);
  }
}

/** A selector of the caller that throws spoils its own attribute, not the operation. */
const describe = (span: Span, value: unknown, outcome: Outcome): void => {
  try {
    outcome(span, value);
  } catch (error) {
    span.addEvent("route.outcome.unreadable", { "exception.message": String(error) });
  }
};

/** A span around a run that ends later, or that a signal may end: it ends exactly once. */
export class RunningSpan {
  readonly #span: Span;
  readonly #operation: string;
  readonly #startedAt: number;
  readonly #ending: SpanEnding;
  readonly #outcome: Outcome | undefined;
  #ended = false;
  #detach: (() => void) | undefined;

  constructor(span: Span, operation: string, startedAt: number, ending: SpanEnding, outcome: Outcome | undefined) {
    this.#span = span;
    this.#operation = operation;
    this.#startedAt = startedAt;
    this.#ending = ending;
    this.#outcome = outcome;
  }

  /** Ends the span with the signal's reason when it aborts first. */
  endOnAbort(signal: AbortSignal): void {
    const abort = (): void => this.fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#detach = () => signal.removeEventListener("abort", abort);
  }

  /** The same promise with the span's end behind it. */
  settleWith<T extends PromiseLike<unknown>>(promise: T): T {
    return promise.then(
      (value) => {
        this.succeed(value);
        return value;
      },
      (error: unknown) => {
        this.fail(error);
        throw error;
      },
    ) as unknown as T;
  }

  succeed(value: unknown): void {
    if (!this.#end()) return;
    this.#ending.succeed(this.#span, this.#operation, this.#startedAt, value, this.#outcome);
  }

  fail(thrown: unknown): void {
    if (!this.#end()) return;
    this.#ending.fail(this.#span, this.#operation, this.#startedAt, thrown);
  }

  #end(): boolean {
    const first = !this.#ended;
    this.#ended = true;
    this.#detach?.();
    return first;
  }
}
