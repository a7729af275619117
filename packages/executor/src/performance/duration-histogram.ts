const leastMs = 0.05;
const mostMs = 5000;
/** Four buckets per power of two: a bucket is 19 % wide, so that a quantile is at most that far off. */
const bucketsPerDoubling = 4;
// Bucket 0 holds everything up to the least bound, the last one everything above the most.
const bucketCount = Math.ceil(Math.log2(mostMs / leastMs) * bucketsPerDoubling) + 2;

const indexOf = (durationMs: number): number =>
  durationMs <= leastMs
    ? 0
    : Math.min(Math.ceil(Math.log2(durationMs / leastMs) * bucketsPerDoubling), bucketCount - 1);

/** The `position`-th bound, also between two of them. */
const boundMs = (position: number): number => leastMs * 2 ** (position / bucketsPerDoubling);

/** Durations from 50 us to 5 s in fixed logarithmic buckets. A record allocates nothing. */
export class DurationHistogram {
  readonly #counts = new Float64Array(bucketCount);
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  record(durationMs: number): void {
    this.#counts[indexOf(durationMs)]! += 1;
    this.#count++;
    this.#sumMs += durationMs;
    if (durationMs < this.#minMs) this.#minMs = durationMs;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
  }

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  /** 0 without a record. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /** The duration that the share `ratio` (above 0, at most 1) of the records does not exceed, in milliseconds; 0 without a record. */
  quantileMs(ratio: number): number {
    if (this.#count === 0) return 0;
    const rank = ratio * this.#count;
    let below = 0;
    let index = 0;
    while (index < bucketCount - 1 && below + this.#counts[index]! < rank) below += this.#counts[index++]!;
    const share = Math.min((rank - below) / this.#counts[index]!, 1);
    // The outer buckets have one bound only; what was recorded stands in for the other.
    if (index === bucketCount - 1) return this.#maxMs;
    const estimateMs = index === 0 ? leastMs * share : boundMs(index - 1 + share);
    return Math.min(Math.max(estimateMs, this.#minMs), this.#maxMs);
  }
}
