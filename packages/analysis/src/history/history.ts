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

/** The newest samples, in a ring. They may arrive out of order: windows go by timestamps, not by places. */
export class History {
  readonly #capacity: number;
  readonly #samples: Sample[] = [];
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#samples.length;
  }

  add(sample: Sample): void {
    this.#samples[this.#next] = sample;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** From the oldest to the newest timestamp, in milliseconds; 0 with fewer than two samples. */
  get periodMs(): number {
    let oldestMs = Number.POSITIVE_INFINITY;
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const { timestampMs } of this.#samples) {
      oldestMs = Math.min(oldestMs, timestampMs);
      newestMs = Math.max(newestMs, timestampMs);
    }
    return Math.max(0, newestMs - oldestMs);
  }

  /**
   * The mean of a metric over the samples less than `windowMs` from `nowMs`, weighted by traffic where it is an average over
   * requests. The window reaches ahead as far as back: clocks differ a little, yet after one was set back, the samples
   * from before must not count until it has caught up.
   *
   * A sample without traffic says nothing about requests; one that does not tell its traffic counts as one of mean traffic.
   * O(samples), without allocation but the result.
   */
  mean(metric: MetricName, nowMs: number, windowMs: number): Figure | undefined {
    const byTraffic = perRequest.has(metric);
    let weighed = 0;
    let weight = 0;
    let weightedMean = 0;
    let unweighed = 0;
    let plainMean = 0;
    for (const sample of this.#samples) {
      const value = sample[metric];
      if (value === undefined || Math.abs(nowMs - sample.timestampMs) >= windowMs) continue;
      const traffic = byTraffic ? sample.requestRate : undefined;
      // Steps instead of sums: the mean of equal values is exactly that value, so equality with a threshold stays equality.
      if (traffic === undefined) {
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
}
