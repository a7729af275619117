import { metricNames } from "../metric-names.ts";
import type { MetricName } from "../types.ts";
import type { Sample } from "./sample.ts";

/** What the samples of a window say about one metric. */
export interface Figure {
  readonly value: number;
  /** Samples that had something to say. */
  readonly samples: number;
}

/** Averages over requests: ten samples of an idle night must not outvote one of the rush hour. */
const perRequest: ReadonlySet<MetricName> = new Set(["responseTimeMs", "errorRate", "cacheHitRate"]);

/**
 * The newest samples, in a ring. They may arrive out of order: windows go by timestamps, not by places. Each figure has a
 * column of its own, because a rule reads one or two figures of all samples; "no data" is NaN there.
 */
export class History {
  readonly #timesMs: Float64Array;
  readonly #figures: Readonly<Record<MetricName, Float64Array>>;
  #size = 0;
  #next = 0;
  /** Additions since a sample was older than the one before it. */
  #inOrder = 0;

  constructor(capacity: number) {
    this.#timesMs = new Float64Array(capacity);
    const columns = metricNames.map((name) => [name, new Float64Array(capacity)]);
    this.#figures = Object.fromEntries(columns) as Record<MetricName, Float64Array>;
  }

  get size(): number {
    return this.#size;
  }

  add(sample: Sample): void {
    const at = this.#next;
    const isLate = sample.timestampMs < this.#timesMs[this.#before(at)]!;
    this.#inOrder = isLate && this.#size > 0 ? 0 : this.#inOrder + 1;
    this.#timesMs[at] = sample.timestampMs;
    for (const name of metricNames) this.#figures[name][at] = sample[name] ?? Number.NaN;
    this.#size = Math.max(this.#size, at + 1);
    this.#next = (at + 1) % this.#timesMs.length;
  }

  /** From the oldest to the newest timestamp, in milliseconds; 0 with fewer than two samples. */
  get periodMs(): number {
    let oldestMs = Number.POSITIVE_INFINITY;
    let newestMs = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.#size; at++) {
      const timeMs = this.#timesMs[at]!;
      oldestMs = Math.min(oldestMs, timeMs);
      newestMs = Math.max(newestMs, timeMs);
    }
    return Math.max(0, newestMs - oldestMs);
  }

  /**
   * The mean of a metric over the samples less than `windowMs` from `nowMs`, weighted by traffic where it is an average over
   * requests. The window reaches ahead as far as back: clocks differ a little, yet after one was set back, the samples
   * from before must not count until it has caught up.
   *
   * A sample without traffic says nothing about requests; one that does not tell its traffic counts as one of mean traffic.
   * O(samples), or O(samples of the window) while they come in order; without allocation but the result.
   */
  mean(metric: MetricName, nowMs: number, windowMs: number): Figure | undefined {
    const timesMs = this.#timesMs;
    const values = this.#figures[metric];
    const traffics = perRequest.has(metric) ? this.#figures.requestRate : undefined;
    let weighed = 0;
    let weight = 0;
    let weightedMean = 0;
    let unweighed = 0;
    let plainMean = 0;
    const isSorted = this.#inOrder >= this.#size;
    for (let left = this.#size, at = this.#next; left > 0; left--) {
      at = this.#before(at);
      const ageMs = nowMs - timesMs[at]!;
      if (isSorted && ageMs >= windowMs) break;
      if (Math.abs(ageMs) >= windowMs) continue;
      const value = values[at]!;
      if (Number.isNaN(value)) continue;
      const traffic = traffics === undefined ? Number.NaN : traffics[at]!;
      // Steps instead of sums: the mean of equal values is exactly that value, so equality with a threshold stays equality.
      if (Number.isNaN(traffic)) {
        unweighed++;
        plainMean += (value - plainMean) / unweighed;
      } else if (traffic > 0) {
        weighed++;
        weight += traffic;
        weightedMean += (value - weightedMean) * (traffic / weight);
      }
    }
    const samples = weighed + unweighed;
    if (samples === 0) return undefined;
    return { value: weightedMean + (plainMean - weightedMean) * (unweighed / samples), samples };
  }

  #before(at: number): number {
    return at === 0 ? this.#timesMs.length - 1 : at - 1;
  }
}
