import { TracingError } from "./errors.ts";
import { requireInteger } from "./validation.ts";

/** Options of a {@link BufferPool}. */
export interface BufferPoolOptions {
  /** Smallest size class, a power of two. */
  readonly minBytes?: number;
  /** Largest size class, a power of two. Larger requests are served, but not kept. */
  readonly maxBytes?: number;
  /** How many idle buffers a class keeps. */
  readonly maxIdlePerClass?: number;
}

/** What a {@link BufferPool} has done and holds. */
export interface BufferPoolStats {
  /** Requests answered with a kept buffer. */
  readonly reused: number;
  /** Requests answered with new memory. */
  readonly allocated: number;
  /** Buffers that are out. */
  readonly lent: number;
  /** Bytes kept for the next request. */
  readonly idleBytes: number;
}

/** 4 KiB to 4 MiB, 16 idle buffers of each class. */
export const bufferPoolDefaults: Required<BufferPoolOptions> = Object.freeze({
  minBytes: 4_096,
  maxBytes: 4_194_304,
  maxIdlePerClass: 16,
});

const requirePowerOfTwo = (option: string, value: number): number => {
  requireInteger(option, value, 1, 2 ** 30);
  if ((value & (value - 1)) !== 0) throw new RangeError(`${option} must be a power of two, got ${value}`);
  return value;
};

/** Lends buffers from size classes (powers of two) and keeps a bounded number of them. Pays for flat bytes, where nothing has to be reset. */
export class BufferPool {
  readonly #minShift: number;
  readonly #maxBytes: number;
  readonly #maxIdle: number;
  readonly #idle: Buffer[][];
  readonly #lent = new Set<ArrayBufferLike>();
  #reused = 0;
  #allocated = 0;

  constructor(options: BufferPoolOptions = {}) {
    const { minBytes, maxBytes, maxIdlePerClass } = { ...bufferPoolDefaults, ...options };
    this.#minShift = 31 - Math.clz32(requirePowerOfTwo("minBytes", minBytes));
    this.#maxBytes = requirePowerOfTwo("maxBytes", maxBytes);
    if (maxBytes < minBytes) throw new RangeError(`maxBytes must be at least minBytes (${minBytes}), got ${maxBytes}`);
    this.#maxIdle = requireInteger("maxIdlePerClass", maxIdlePerClass, 0);
    this.#idle = Array.from({ length: this.#classOf(maxBytes) + 1 }, () => []);
  }

  /** A buffer of at least `sizeBytes` with unspecified content. */
  acquire(sizeBytes: number): Buffer {
    const sizeClass = this.#classOf(sizeBytes);
    const kept = this.#idle[sizeClass]?.pop();
    if (kept === undefined) this.#allocated++;
    else this.#reused++;
    const buffer =
      kept ?? Buffer.allocUnsafeSlow(sizeBytes > this.#maxBytes ? sizeBytes : 2 ** (sizeClass + this.#minShift));
    this.#lent.add(buffer.buffer);
    return buffer;
  }

  /** Takes `buffer` back. Throws `double-release` for one that is not out. */
  release(buffer: Buffer): void {
    if (!this.#lent.delete(buffer.buffer))
      throw new TracingError("double-release", `A buffer of ${buffer.length} bytes was released that is not lent`);
    const idle = this.#idle[this.#classOf(buffer.length)];
    if (idle !== undefined && idle.length < this.#maxIdle) idle.push(buffer);
  }

  /** Forgets the idle buffers. */
  clear(): void {
    for (const idle of this.#idle) idle.length = 0;
  }

  stats(): BufferPoolStats {
    const idleBytes = this.#idle.flat().reduce((sum, buffer) => sum + buffer.length, 0);
    return { reused: this.#reused, allocated: this.#allocated, lent: this.#lent.size, idleBytes };
  }

  #classOf(sizeBytes: number): number {
    return Math.max(0, 32 - Math.clz32(Math.max(sizeBytes, 1) - 1) - this.#minShift);
  }
}
