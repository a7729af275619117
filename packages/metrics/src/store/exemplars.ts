import type { Clock } from "../ports.ts";

/** The newest example of one bucket. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Seconds since the Unix epoch. */
  readonly timestampSeconds: number;
}

/** OpenMetrics 1.0: an exemplar's label names and values are at most 128 characters together. */
export const maxTraceIdLength: number = 128 - "trace_id".length;

/** The newest exemplar of each bucket of one series, in parallel arrays so that keeping one allocates nothing. */
export class Exemplars {
  readonly #clock: Clock;
  readonly #traceIds: string[];
  readonly #values: Float64Array;
  readonly #timesMs: Float64Array;

  constructor(buckets: number, clock: Clock) {
    this.#clock = clock;
    this.#traceIds = new Array<string>(buckets).fill("");
    this.#values = new Float64Array(buckets);
    this.#timesMs = new Float64Array(buckets);
  }

  /** Throws a `RangeError` for an id that no OpenMetrics page may carry. */
  keep(bucket: number, value: number, traceId: string): void {
    if (traceId.length > maxTraceIdLength)
      throw new RangeError(`an exemplar's trace id must have at most ${maxTraceIdLength} characters`);
    this.#traceIds[bucket] = traceId;
    this.#values[bucket] = value;
    this.#timesMs[bucket] = this.#clock.now();
  }

  at(bucket: number): Exemplar | undefined {
    const traceId = this.#traceIds[bucket];
    if (!traceId) return undefined;
    return { traceId, value: this.#values[bucket]!, timestampSeconds: Math.round(this.#timesMs[bucket]!) / 1000 };
  }

  reset(): void {
    this.#traceIds.fill("");
  }
}
