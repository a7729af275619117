import { metricNames } from "../metric-names.ts";
import type { MetricsPort } from "../ports.ts";
import { requireInteger, requireNumber } from "../validation.ts";

/** Options of an {@link AdaptiveBuffer}. */
export interface AdaptiveBufferOptions {
  /** Slots at the start, and never fewer. */
  readonly minItems?: number;
  /** Slots at most: further items are refused. */
  readonly maxItems?: number;
  /** Sum of the sizes given to `offer`, at most. */
  readonly maxBytes?: number;
  /** A window whose fullest moment used more than this share of the slots doubles them. */
  readonly growAboveRatio?: number;
  /** Two windows in a row that used less than this share halve them. */
  readonly shrinkBelowRatio?: number;
  /** Length of a window. 0: only `adjust` ends one. */
  readonly adjustIntervalMs?: number;
  /** Called after each change of the number of slots. */
  readonly onResize?: (capacity: number, utilizationRatio: number) => void;
  readonly metrics?: MetricsPort;
}

/** The seed design's ratios and window; 64 to 65,536 slots. */
export const adaptiveBufferDefaults: Required<Omit<AdaptiveBufferOptions, "onResize" | "metrics">> = Object.freeze({
  minItems: 64,
  maxItems: 65_536,
  maxBytes: Number.MAX_SAFE_INTEGER,
  growAboveRatio: 0.8,
  shrinkBelowRatio: 0.2,
  adjustIntervalMs: 5_000,
});

/** A first-in first-out ring whose number of slots follows its use. Nothing is lost or reordered when it changes. */
export class AdaptiveBuffer<T> {
  readonly #options: Required<Omit<AdaptiveBufferOptions, "onResize" | "metrics">>;
  readonly #onResize: AdaptiveBufferOptions["onResize"];
  readonly #metrics: MetricsPort | undefined;
  #slots: (T | undefined)[];
  #sizes: Float64Array;
  #head = 0;
  #size = 0;
  #sizeBytes = 0;
  #peak = 0;
  #quietWindows = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AdaptiveBufferOptions = {}) {
    this.#options = { ...adaptiveBufferDefaults, ...options };
    this.#onResize = options.onResize;
    this.#metrics = options.metrics;
    const { minItems, maxItems, maxBytes, growAboveRatio, shrinkBelowRatio, adjustIntervalMs } = this.#options;
    requireInteger("minItems", minItems, 1);
    requireInteger("maxItems", maxItems, minItems);
    requireNumber("maxBytes", maxBytes, 0);
    requireNumber("growAboveRatio", growAboveRatio, 0, 1);
    requireNumber("shrinkBelowRatio", shrinkBelowRatio, 0, growAboveRatio);
    requireNumber("adjustIntervalMs", adjustIntervalMs, 0);
    this.#slots = new Array<T | undefined>(minItems).fill(undefined);
    this.#sizes = new Float64Array(minItems);
  }

  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Slots now. */
  get capacity(): number {
    return this.#slots.length;
  }

  /** Puts `item` behind the others; false, and no change, where a bound would be passed. */
  offer(item: T, sizeBytes = 0): boolean {
    const { maxItems, maxBytes } = this.#options;
    if (this.#size >= maxItems || this.#sizeBytes + sizeBytes > maxBytes) return false;
    if (this.#size === this.#slots.length) this.#resize(Math.min(maxItems, this.#slots.length * 2));
    const at = (this.#head + this.#size) % this.#slots.length;
    this.#slots[at] = item;
    this.#sizes[at] = sizeBytes;
    this.#size++;
    this.#sizeBytes += sizeBytes;
    if (this.#size > this.#peak) this.#peak = this.#size;
    return true;
  }

  /** Takes the oldest item, or `undefined` from an empty buffer. */
  poll(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#sizeBytes -= this.#sizes[this.#head]!;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#size--;
    return item;
  }

  /** Ends a window: doubles, halves or keeps the slots by the fullest moment since the last one. */
  adjust(): void {
    const { minItems, maxItems, growAboveRatio, shrinkBelowRatio } = this.#options;
    const capacity = this.#slots.length;
    const utilization = this.#peak / capacity;
    this.#peak = this.#size;
    this.#quietWindows = utilization < shrinkBelowRatio ? this.#quietWindows + 1 : 0;
    if (utilization > growAboveRatio) this.#resize(Math.min(maxItems, capacity * 2));
    // Two quiet windows, not one: traffic that pauses for a moment would make the ring grow and shrink in turn.
    else if (this.#quietWindows >= 2) this.#resize(Math.max(minItems, this.#size, capacity >>> 1));
  }

  /** Stops the window timer. The buffer still works, without shrinking by itself. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #resize(capacity: number): void {
    const utilization = this.#size / this.#slots.length;
    if (capacity === this.#slots.length) return;
    const slots = new Array<T | undefined>(capacity).fill(undefined);
    const sizes = new Float64Array(capacity);
    for (let index = 0; index < this.#size; index++) {
      const from = (this.#head + index) % this.#slots.length;
      slots[index] = this.#slots[from];
      sizes[index] = this.#sizes[from]!;
    }
    this.#slots = slots;
    this.#sizes = sizes;
    this.#head = 0;
    this.#quietWindows = 0;
    this.#watch();
    this.#onResize?.(capacity, utilization);
    this.#metrics?.gauge(metricNames.bufferSize, capacity);
    this.#metrics?.gauge(metricNames.bufferUtilization, utilization);
  }

  /** A timer runs only while there are slots to give back. */
  #watch(): void {
    const { minItems, adjustIntervalMs } = this.#options;
    if (this.#slots.length === minItems) this.close();
    else if (this.#timer === undefined && adjustIntervalMs > 0)
      this.#timer = setInterval(() => this.adjust(), adjustIntervalMs).unref();
  }
}
