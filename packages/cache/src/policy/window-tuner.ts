import type { AdaptiveReport, WindowDecision } from "../types.ts";
import { sampleShift } from "./sampling.ts";
import { ShadowContest, WINDOW_SHARES } from "./shadow-contest.ts";

/** Length of a period: so many requests per entry of the cache, but not more than are needed for a sample of this size. */
const PERIOD_PER_ENTRY = 1.5;
const SAMPLE_PER_PERIOD = 512;
const MIN_PERIOD_REQUESTS = 1024;

/** Decisions kept for the report. */
const KEPT_DECISIONS = 16;

/**
 * Chooses the window's share by trying: small shadow caches, one for each candidate, see a sample of the keys and hold
 * only their hashes; the window follows the one with the most hits. Source: C. Waldspurger, T. Saemundsson, I. Ahmad and
 * N. Park, "Cache Modeling and Optimization using Miniature Simulations", USENIX ATC 2017.
 */
export class WindowTuner {
  readonly #contest: ShadowContest;
  readonly #sampleMask: number;
  readonly #periodRequests: number;
  readonly #decisions: WindowDecision[] = [];
  #requests = 0;
  #periods = 0;

  constructor(maxSize: number, random: () => number) {
    const shift = sampleShift(maxSize);
    this.#sampleMask = 2 ** shift - 1;
    this.#contest = new ShadowContest(Math.max(1, Math.round(maxSize / 2 ** shift)), WINDOW_SHARES, random);
    this.#periodRequests = Math.max(
      MIN_PERIOD_REQUESTS,
      Math.min(Math.round(PERIOD_PER_ENTRY * maxSize), SAMPLE_PER_PERIOD * 2 ** shift),
    );
  }

  get windowShare(): number {
    return this.#contest.leadingShare;
  }

  /** Whether a key belongs to the sample. The sketch chooses its block by the low bits of a hash, this goes by high ones. */
  samples(hash: number): boolean {
    return ((hash >>> 12) & this.#sampleMask) === 0;
  }

  /** A request for a key of the sample. */
  access(hash: number, frequency: number): void {
    this.#contest.access(hash, frequency);
  }

  /** Counts requests; returns whether a period ended, and the window changed. */
  count(requests: number): boolean {
    this.#requests += requests;
    return this.#requests >= this.#periodRequests && this.#endPeriod();
  }

  /** Follows a halving of the frequencies. */
  halve(): void {
    this.#contest.halve();
  }

  report(): AdaptiveReport {
    const hitRates = this.#contest.hitRates();
    return {
      windowShare: this.windowShare,
      sampledRequests: Math.round(this.#contest.requests),
      candidates: this.#contest.shares.map((windowShare, i) => ({ windowShare, hitRate: hitRates[i]! })),
      decisions: [...this.#decisions],
    };
  }

  #endPeriod(): boolean {
    this.#requests = 0;
    this.#periods++;
    const from = this.#contest.leadingShare;
    const changed = this.#contest.decide();
    if (changed) this.#keepDecision(from);
    this.#contest.age();
    return changed;
  }

  #keepDecision(from: number): void {
    const { shares, leadingShare, requests } = this.#contest;
    const hitRates = this.#contest.hitRates();
    this.#decisions.push({
      atRequest: this.#periods * this.#periodRequests,
      fromShare: from,
      toShare: leadingShare,
      expectedGain: hitRates[shares.indexOf(leadingShare)]! - hitRates[shares.indexOf(from)]!,
      sampledRequests: Math.round(requests),
    });
    if (this.#decisions.length > KEPT_DECISIONS) this.#decisions.shift();
  }
}
