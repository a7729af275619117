import { type Span, trace } from "@opentelemetry/api";
import { type ManualRun, UnsampledSpan } from "./unsampled-span.ts";

/** The runs of spans that are started and ended by hand, each of which ends once. */
export class ManualRuns {
  /** An unsampled span, of which there are many, keeps its run itself: an entry here costs more than all else. */
  readonly #runs = new WeakMap<Span, ManualRun>();

  /** Begins a run: the span to end it with is `span`, or one like it where that stands for another run already. */
  begin(span: Span, operation: string, startedAt: number): Span {
    // Below an unsampled span the same one stands for all; each start still needs an end of its own.
    const own = this.#runOf(span) === undefined ? span : trace.wrapSpanContext(span.spanContext());
    const run = { operation, startedAt, isOver: false };
    if (own instanceof UnsampledSpan) own.run = run;
    else this.#runs.set(own, run);
    return own;
  }

  /** Ends the run of `span` and returns it; `undefined` if it has none, or has ended. */
  end(span: Span): ManualRun | undefined {
    const run = this.#runOf(span);
    if (run === undefined || run.isOver) return undefined;
    run.isOver = true;
    return run;
  }

  #runOf(span: Span): ManualRun | undefined {
    return span instanceof UnsampledSpan ? span.run : this.#runs.get(span);
  }
}
