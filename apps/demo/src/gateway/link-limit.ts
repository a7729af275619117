/** Options of {@link LinkLimit}. */
export interface LinkLimitOptions {
  /** How many new links an address gets per minute in the long run. */
  readonly linksPerMinute: number;
  /** How many it gets at once. Default: `linksPerMinute`. */
  readonly burst?: number;
  /** Addresses remembered; beyond it the one that asked longest ago is forgotten. Default 10000. */
  readonly maxSources?: number;
  readonly now?: () => number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

// Whoever has one address of a /64 has all of them.
const sourceOf = (address: string): string =>
  address.includes(":") && !address.startsWith("::ffff:") ? prefix64(address) : address;

const prefix64 = (address: string): string => {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  const all = [...groups, ...Array<string>(missing).fill("0"), ...(tail ? tail.split(":") : [])];
  return `${all.slice(0, 4).join(":")}::/64`;
};

/** A token bucket per source address, in a bounded table. */
export class LinkLimit {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #maxSources: number;
  readonly #now: () => number;
  // In order of last use.
  readonly #buckets = new Map<string, Bucket>();

  constructor({ linksPerMinute, burst = linksPerMinute, maxSources = 10_000, now }: LinkLimitOptions) {
    if (!(linksPerMinute > 0)) throw new RangeError(`linksPerMinute must be above 0, got ${linksPerMinute}`);
    if (!(burst >= 1)) throw new RangeError(`burst must be at least 1, got ${burst}`);
    this.#perMs = linksPerMinute / 60_000;
    this.#burst = burst;
    this.#maxSources = maxSources;
    this.#now = now ?? (() => performance.now());
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a link for `address`: 0, or how long to wait for the next one, in milliseconds. */
  take(address: string): number {
    const source = sourceOf(address);
    const nowMs = this.#now();
    const bucket = this.#buckets.get(source) ?? { tokens: this.#burst, atMs: nowMs };
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (nowMs - bucket.atMs) * this.#perMs);
    bucket.atMs = nowMs;
    this.#buckets.delete(source);
    this.#buckets.set(source, bucket);
    if (this.#buckets.size > this.#maxSources) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (bucket.tokens < 1) return (1 - bucket.tokens) / this.#perMs;
    bucket.tokens--;
    return 0;
  }
}
