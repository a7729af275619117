import { type Clock, systemClock } from "../ports.ts";
import { requireInteger, requireNumber } from "../validation.ts";
import { Ewma } from "./ewma.ts";

/** Where a {@link SmartBatcher} keeps the items of the open batch. */
export interface BatchStore<T, B> {
  /** Keeps `item` and returns its size in bytes, or a negative number where it refuses it. */
  add(item: T): number;
  /** The batch so far; the store is empty afterwards. */
  take(): B;
}

/** Why a batch was closed. */
export type BatchReason = "items" | "bytes" | "age" | "flush";

/** Facts about a closed batch. */
export interface BatchInfo {
  readonly items: number;
  readonly sizeBytes: number;
  /** Age of its first item. */
  readonly ageMs: number;
  readonly reason: BatchReason;
}

/** Options of a {@link SmartBatcher}. */
export interface SmartBatcherOptions<T, B> {
  readonly store: BatchStore<T, B>;
  readonly onBatch: (batch: B, info: BatchInfo) => void;
  /** A batch is never closed for its count below this. */
  readonly minItems?: number;
  /** A batch never holds more items. */
  readonly maxItems?: number;
  /** A batch is closed when it reaches this size; it may pass it by one item. */
  readonly maxBytes?: number;
  /** The adaptive wait never falls below this. */
  readonly minWaitMs?: number;
  /** No item waits longer than this for its batch to close. */
  readonly maxWaitMs?: number;
  readonly clock?: Clock;
}

/** 512 to 4,096 items, 1 MiB, 10 ms to 5 s. */
export const smartBatcherDefaults: Required<Omit<SmartBatcherOptions<unknown, unknown>, "store" | "onBatch">> =
  Object.freeze({
    minItems: 512,
    maxItems: 4_096,
    maxBytes: 1_048_576,
    minWaitMs: 10,
    maxWaitMs: 5_000,
    clock: systemClock,
  });

/** Weight of the newest observation, from the seed design. */
const newestWeight = 0.3;

/** Twice what arrives during an export: once would keep pace and never work off a backlog. */
const headroom = 2;

/** Keeps items in an array; what `new SmartBatcher` needs for plain objects. */
export const arrayStore = <T>(sizeOf: (item: T) => number = () => 0): BatchStore<T, T[]> => {
  let items: T[] = [];
  return {
    add: (item) => {
      items.push(item);
      return sizeOf(item);
    },
    take: () => {
      const batch = items;
      items = [];
      return batch;
    },
  };
};

/**
 * Closes batches by count, size or age, whichever comes first. The count follows Little's law: it is twice what
 * arrives while one export runs. The wait doubles while exports take longer than half of it, and halves while they do not.
 */
export class SmartBatcher<T, B> {
  readonly #options: Required<SmartBatcherOptions<T, B>>;
  readonly #latency = new Ewma(newestWeight);
  readonly #arrivalPerMs = new Ewma(newestWeight);
  #targetItems: number;
  #waitMs: number;
  #items = 0;
  #sizeBytes = 0;
  #firstAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SmartBatcherOptions<T, B>) {
    this.#options = { ...smartBatcherDefaults, ...options };
    const { minItems, maxItems, maxBytes, minWaitMs, maxWaitMs } = this.#options;
    requireInteger("minItems", minItems, 1);
    requireInteger("maxItems", maxItems, minItems);
    requireInteger("maxBytes", maxBytes, 1);
    requireNumber("minWaitMs", minWaitMs, 0);
    requireNumber("maxWaitMs", maxWaitMs, minWaitMs);
    this.#targetItems = minItems;
    this.#waitMs = maxWaitMs;
  }

  /** Items in the open batch. */
  get items(): number {
    return this.#items;
  }

  /** How long the next batch waits for more items. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** The count that closes a batch now. */
  get targetItems(): number {
    return this.#targetItems;
  }

  /** Puts `item` into the open batch; false where the store refused it. Throws what the store throws. */
  add(item: T): boolean {
    const sizeBytes = this.#options.store.add(item);
    if (sizeBytes < 0) return false;
    if (this.#items === 0) this.#open();
    this.#items++;
    this.#sizeBytes += sizeBytes;
    if (this.#items >= this.#targetItems) this.#close("items");
    else if (this.#sizeBytes >= this.#options.maxBytes) this.#close("bytes");
    return true;
  }

  /** Closes the open batch, if there is one. */
  flush(): void {
    if (this.#items > 0) this.#close("flush");
  }

  /** Tells how long an export really took. */
  observe(latencyMs: number): void {
    const { minItems, maxItems, minWaitMs, maxWaitMs } = this.#options;
    const latency = this.#latency.add(latencyMs);
    const arriving = Math.ceil((this.#arrivalPerMs.value ?? 0) * latency);
    this.#targetItems = Math.min(maxItems, Math.max(minItems, headroom * arriving));
    this.#waitMs =
      latency > this.#waitMs / 2 ? Math.min(maxWaitMs, this.#waitMs * 2) : Math.max(minWaitMs, this.#waitMs / 2);
  }

  /** Flushes and stops the timer. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): void {
    this.#firstAt = this.#options.clock();
    this.#timer = setTimeout(() => this.#close("age"), this.#waitMs).unref();
  }

  #close(reason: BatchReason): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ageMs = this.#options.clock() - this.#firstAt;
    const info: BatchInfo = { items: this.#items, sizeBytes: this.#sizeBytes, ageMs, reason };
    this.#arrivalPerMs.add(info.items / Math.max(ageMs, 1));
    this.#items = 0;
    this.#sizeBytes = 0;
    this.#options.onBatch(this.#options.store.take(), info);
  }
}
