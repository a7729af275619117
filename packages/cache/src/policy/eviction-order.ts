import type { AdaptiveReport, CacheStrategy } from "../types.ts";
import { createPolicy, type PolicyParts } from "./create-policy.ts";
import { Lru } from "./lru.ts";
import type { Policy } from "./policy.ts";

/** Reads told to the policy at once: a tight loop over many is cheaper than a call for each. */
const READ_BATCH = 64;

/** The order in which the entries of a table leave, by a policy that can be changed for another. */
export class EvictionOrder {
  readonly #parts: Omit<PolicyParts, "maxSize">;
  #strategy: CacheStrategy;
  #policy: Policy;
  /** The same policy where it is exact LRU: a call through the port would cost an insertion a tenth of its time. */
  #recency: Lru | undefined;
  /** Entries that the policy divides its lists for. */
  #maxSize: number;
  readonly #reads = new Uint32Array(READ_BATCH);
  #readCount = 0;

  constructor(strategy: CacheStrategy, { maxSize, ...parts }: PolicyParts) {
    this.#parts = parts;
    this.#strategy = strategy;
    this.#maxSize = maxSize;
    this.#policy = createPolicy(strategy, { ...parts, maxSize });
    this.#recency = asLru(this.#policy);
  }

  get strategy(): CacheStrategy {
    return this.#strategy;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** Notes a read that found an entry; returns whether `settle` is due. */
  read(slot: number): boolean {
    this.#reads[this.#readCount++] = slot;
    return this.#readCount === READ_BATCH;
  }

  /** Tells the policy of the reads since last time, and returns how many. Before every change of the table, which may reuse their slots. */
  settle(): number {
    const count = this.#readCount;
    if (count === 0) return 0;
    this.#policy.hit(this.#reads, count);
    this.#readCount = 0;
    return count;
  }

  insert(slot: number): void {
    if (this.#recency !== undefined) this.#recency.insert(slot);
    else this.#policy.insert(slot);
  }

  update(slot: number): void {
    this.#policy.update(slot);
  }

  /** Chooses the entry that has to leave next, and unlinks it. */
  evict(): number {
    return this.#recency === undefined ? this.#policy.evict() : this.#recency.evict();
  }

  remove(slot: number): void {
    this.#policy.remove(slot);
  }

  /** Slots in the order in which they would leave, the first to leave first. */
  slots(): Iterable<number> {
    return this.#policy.order();
  }

  grow(allocated: number): void {
    this.#policy.grow(allocated);
  }

  /** The table was emptied. */
  reset(): void {
    this.#readCount = 0;
    this.#policy.reset();
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#policy.resize(maxSize);
  }

  /** Hands all entries over to the policy of another strategy. */
  setStrategy(strategy: CacheStrategy): void {
    this.#policy.handOver();
    this.#strategy = strategy;
    this.#policy = createPolicy(strategy, { ...this.#parts, maxSize: this.#maxSize });
    this.#recency = asLru(this.#policy);
  }

  /** What it adapted to, if it adapts. */
  report(): AdaptiveReport | undefined {
    return this.#policy.report?.();
  }
}

const asLru = (policy: Policy): Lru | undefined => (policy instanceof Lru ? policy : undefined);
