import type { Span } from "@opentelemetry/api";
import type { OperationDurations } from "./operation-durations.ts";
import type { Clock } from "./ports.ts";
import { recordThrown } from "./span-errors.ts";

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";

/** A span around one run of a function: it ends exactly once, however the run goes. */
export class RunningSpan {
  readonly #span: Span;
  readonly #operation: string;
  readonly #durations: OperationDurations | undefined;
  readonly #clock: Clock;
  readonly #outcome: ((span: Span, value: unknown) => void) | undefined;
  readonly #startedAt: number;
  #ended = false;
  #detach: (() => void) | undefined;

  constructor(
    span: Span,
    operation: string,
    durations: OperationDurations | undefined,
    clock: Clock,
    outcome: ((span: Span, value: unknown) => void) | undefined,
  ) {
    this.#span = span;
    this.#operation = operation;
    this.#durations = durations;
    this.#clock = clock;
    this.#outcome = outcome;
    this.#startedAt = durations ? clock() : 0;
  }

  /** Ends the span with the signal's reason when it aborts first. */
  endOnAbort(signal: AbortSignal): void {
    const abort = (): void => this.fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#detach = () => signal.removeEventListener("abort", abort);
  }

  /** Ends the span now, or when the promise in `value` settles. */
  settle<T>(value: T): T {
    if (!isThenable(value)) {
      this.#succeed(value);
      return value;
    }
    return value.then(
      (resolved) => {
        this.#succeed(resolved);
        return resolved;
      },
      (error: unknown) => {
        this.fail(error);
        throw error;
      },
    ) as T;
  }

  /** Ends the span with what was thrown. */
  fail(error: unknown): void {
    if (this.#ended) return;
    recordThrown(this.#span, error);
    this.#end(true);
  }

  #succeed(value: unknown): void {
    if (this.#ended) return;
    try {
      if (this.#outcome && this.#span.isRecording()) this.#outcome(this.#span, value);
    } catch (error) {
      // A selector of the caller that throws spoils its own attribute, not the operation.
      this.#span.addEvent("route.outcome.unreadable", { "exception.message": String(error) });
    }
    this.#end(false);
  }

  #end(failed: boolean): void {
    this.#ended = true;
    this.#detach?.();
    this.#durations?.add(this.#operation, this.#clock() - this.#startedAt, failed);
    this.#span.end();
  }
}
