import { DurationHistogram } from "./duration-histogram.ts";

/** What is known of one operation since the analyzer was made. Durations in milliseconds, errors included. */
export interface OperationStatistics {
  readonly operation: string;
  readonly count: number;
  readonly errors: number;
  /** Errors by code. */
  readonly errorTypes: Readonly<Record<string, number>>;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Counts of one operation. */
export class OperationRecord {
  readonly #operation: string;
  readonly #durations = new DurationHistogram();
  readonly #errorTypes = new Map<string, number>();
  #errors = 0;

  constructor(operation: string) {
    this.#operation = operation;
  }

  /** Records one call; `errorType` only if it failed. */
  add(durationMs: number, errorType: string | undefined): void {
    this.#durations.record(durationMs);
    if (errorType === undefined) return;
    this.#errors++;
    this.#errorTypes.set(errorType, (this.#errorTypes.get(errorType) ?? 0) + 1);
  }

  statistics(): OperationStatistics {
    const durations = this.#durations;
    return {
      operation: this.#operation,
      count: durations.count,
      errors: this.#errors,
      errorTypes: Object.fromEntries(this.#errorTypes),
      meanMs: durations.count === 0 ? 0 : durations.sumMs / durations.count,
      p50Ms: durations.quantileMs(0.5),
      p99Ms: durations.quantileMs(0.99),
      maxMs: durations.maxMs,
    };
  }
}
