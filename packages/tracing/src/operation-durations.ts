import { requireInteger } from "./validation.ts";

/** How long an operation took, over all its runs, unsampled ones included. */
export interface OperationDuration {
  readonly count: number;
  /** Share of runs that failed, 0 to 1. */
  readonly errorRatio: number;
  /** Within 3.2 % of the exact value. */
  readonly p50Ms: number;
  /** Within 3.2 % of the exact value. */
  readonly p99Ms: number;
}

// A bucket is the exponent of a duration and the first four bits of its mantissa: sixteen per doubling, whose middle is at
// most 1/32 off. Read straight from the number's bits, which costs a fifth of a logarithm.
const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const highWord = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;
const exponentBias = 1_023;
/** 2^-10 ms (1 us) to 2^22 ms (70 min). */
const lowestBucket = (exponentBias - 10) << 4;
const bucketCount = 32 << 4;

const bucketOf = (ms: number): number => {
  number[0] = Math.max(0, ms);
  return Math.min(bucketCount - 1, Math.max(0, (words[highWord]! >>> 16) - lowestBucket));
};

const middleOf = (bucket: number): number => {
  const bits = bucket + lowestBucket;
  return 2 ** ((bits >>> 4) - exponentBias) * (1 + ((bits & 15) + 0.5) / 16);
};

class DurationHistogram {
  readonly #counts = new Uint32Array(bucketCount);
  #count = 0;
  #errors = 0;

  add(ms: number, failed: boolean): void {
    this.#counts[bucketOf(ms)]!++;
    this.#count++;
    if (failed) this.#errors++;
  }

  snapshot(): OperationDuration {
    const errorRatio = this.#count === 0 ? 0 : this.#errors / this.#count;
    return { count: this.#count, errorRatio, p50Ms: this.#quantile(0.5), p99Ms: this.#quantile(0.99) };
  }

  #quantile(share: number): number {
    const rank = Math.ceil(share * this.#count);
    let seen = 0;
    for (let index = 0; index < bucketCount; index++) {
      seen += this.#counts[index]!;
      if (seen >= rank) return middleOf(index);
    }
    return 0;
  }
}

/** The operation under which runs are counted once there are too many names. */
export const otherOperations = "other";

/** Durations by operation name, in constant memory: names beyond a bound are counted together. */
export class OperationDurations {
  readonly #histograms = new Map<string, DurationHistogram>();
  readonly #maxOperations: number;

  constructor(maxOperations: number) {
    this.#maxOperations = requireInteger("maxOperations", maxOperations, 0);
  }

  add(operation: string, ms: number, failed: boolean): void {
    const known = this.#histograms.get(operation) ?? this.#open(operation);
    known.add(ms, failed);
  }

  snapshot(): Readonly<Record<string, OperationDuration>> {
    return Object.fromEntries([...this.#histograms].map(([name, histogram]) => [name, histogram.snapshot()]));
  }

  #open(operation: string): DurationHistogram {
    const name = this.#histograms.size < this.#maxOperations ? operation : otherOperations;
    const histogram = this.#histograms.get(name) ?? new DurationHistogram();
    this.#histograms.set(name, histogram);
    return histogram;
  }
}
