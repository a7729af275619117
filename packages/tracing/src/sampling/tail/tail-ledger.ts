/** Counts of a tail sampler, in spans unless named otherwise. received = kept + dropped + pendingSpans. */
export interface TailSamplingStats {
  readonly received: number;
  readonly kept: number;
  readonly dropped: number;
  readonly pendingSpans: number;
  readonly pendingBytes: number;
  readonly pendingTraces: number;
  /** Of `kept`: spans that ended after their trace was kept. */
  readonly lateKept: number;
  /** Of `dropped`: spans that ended after their trace was dropped, or after shutdown. */
  readonly lateDropped: number;
  /** Traces decided before their time because a bound was reached. */
  readonly decidedEarly: number;
  /** Kept traces by the first policy that kept them. */
  readonly keptByPolicy: Readonly<Record<string, number>>;
}

/** Accounts for every span of a tail sampler. */
export class TailLedger {
  received = 0;
  decidedEarly = 0;
  pendingSpans = 0;
  pendingBytes = 0;
  #kept = 0;
  #dropped = 0;
  #lateKept = 0;
  #lateDropped = 0;
  readonly #policies = new Map<string, number>();

  add(sizeBytes: number): void {
    this.pendingSpans++;
    this.pendingBytes += sizeBytes;
  }

  settle(spans: number, sizeBytes: number, kept: boolean): void {
    this.pendingSpans -= spans;
    this.pendingBytes -= sizeBytes;
    if (kept) this.#kept += spans;
    else this.#dropped += spans;
  }

  late(kept: boolean): void {
    if (kept) {
      this.#kept++;
      this.#lateKept++;
    } else {
      this.#dropped++;
      this.#lateDropped++;
    }
  }

  countPolicy(name: string): void {
    this.#policies.set(name, (this.#policies.get(name) ?? 0) + 1);
  }

  stats(pendingTraces: number): TailSamplingStats {
    return {
      received: this.received,
      kept: this.#kept,
      dropped: this.#dropped,
      pendingSpans: this.pendingSpans,
      pendingBytes: this.pendingBytes,
      pendingTraces,
      lateKept: this.#lateKept,
      lateDropped: this.#lateDropped,
      decidedEarly: this.decidedEarly,
      keptByPolicy: Object.fromEntries(this.#policies),
    };
  }
}
