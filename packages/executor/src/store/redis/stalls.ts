/** A node that leaves so many calls without an answer gets a new connection. */
const stalledAfter = 3;
/** Timeouts further apart than so many times the timeout are no series. */
const seriesTimeouts = 5;

/** Counts by node the calls that were left without an answer, in one series. */
export class Stalls {
  readonly #timeoutMs: number;
  readonly #series = new Map<string, { readonly count: number; readonly atMs: number }>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** So many more were left by `node`. Answers the length of the series if it is too long, and forgets it then. */
  add(node: string, count: number, nowMs: number): number | undefined {
    const before = this.#series.get(node);
    const isSeries = before && nowMs - before.atMs < seriesTimeouts * this.#timeoutMs;
    const total = count + (isSeries ? before.count : 0);
    if (total < stalledAfter) {
      this.#series.set(node, { count: total, atMs: nowMs });
      return undefined;
    }
    this.#series.delete(node);
    return total;
  }
}
