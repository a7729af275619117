import { requireInteger } from "../../validation.ts";

/** Remembers the decisions of at least the last `minEntries` traces, and of at most twice as many, in two generations. */
export class DecisionCache {
  readonly #minEntries: number;
  #young = new Map<string, boolean>();
  #old = new Map<string, boolean>();

  constructor(minEntries: number) {
    this.#minEntries = requireInteger("decisionCacheTraces", minEntries, 0);
  }

  get(traceId: string): boolean | undefined {
    return this.#young.get(traceId) ?? this.#old.get(traceId);
  }

  set(traceId: string, kept: boolean): void {
    if (this.#minEntries === 0) return;
    if (this.#young.size >= this.#minEntries) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(traceId, kept);
  }
}
