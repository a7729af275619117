import {
  applyChange,
  type Change,
  type Decision,
  type OptimizableCache,
  percent,
  type TrafficWindow,
} from "./decision.ts";
import type { CompleteParameters } from "./parameters.ts";
import { propose } from "./proposal.ts";

const KEPT_DECISIONS = 32;

/** After a change, windows that are not judged: the cache is still adjusting. */
const SETTLING_WINDOWS = 1;

/** Windows during which what was rolled back is not tried again. */
const COOL_DOWN_WINDOWS = 10;

/** A change on trial, and what the hit rate was before. */
interface Trial {
  readonly change: Change;
  readonly hitRateBefore: number;
  /** When it can show in full, by the clock of the optimizer. */
  readonly showsFromMs: number;
  settling: number;
}

/** A decision without its circumstances. */
type Verdict = Pick<Decision, "action" | "change" | "reason">;

type Totals = { requests: number; hits: number; evictions: number } & TrafficWindow["causes"];

/** All that an optimizer knows of one cache, and its next decision. */
export class CaseHistory {
  readonly #cache: OptimizableCache;
  readonly #decisions: Decision[] = [];
  #start: Totals;
  #trial: Trial | undefined;
  /** What was proposed in the last windows, and how often in a row. */
  #proposed: { readonly key: string; readonly times: number } | undefined;
  readonly #coolDown = new Map<string, number>();

  constructor(cache: OptimizableCache) {
    this.#cache = cache;
    this.#start = totalsOf(cache);
  }

  get decisions(): readonly Decision[] {
    return [...this.#decisions];
  }

  /** The traffic since the last window that was judged. */
  window(): TrafficWindow {
    const now = totalsOf(this.#cache);
    const since = (name: keyof Totals): number => now[name] - this.#start[name];
    const requests = since("requests");
    return {
      requests,
      hitRate: requests === 0 ? 0 : since("hits") / requests,
      evictionRate: requests === 0 ? 0 : since("evictions") / requests,
      causes: {
        cold: since("cold"),
        capacity: since("capacity"),
        expired: since("expired"),
        invalidated: since("invalidated"),
      },
    };
  }

  /** Judges the traffic since last time, and changes at most one thing. */
  decide(parameters: CompleteParameters, atMs: number): Decision {
    const window = this.window();
    const decision = { atMs, window, ...this.#judge(window, parameters, atMs) };
    this.#decisions.push(decision);
    if (this.#decisions.length > KEPT_DECISIONS) this.#decisions.shift();
    return decision;
  }

  #judge(window: TrafficWindow, parameters: CompleteParameters, atMs: number): Verdict {
    const { strategy, minRequests } = parameters;
    if (strategy !== undefined && strategy !== this.#cache.strategy) {
      const change: Change = { what: "strategy", from: this.#cache.strategy, to: strategy };
      applyChange(this.#cache, change);
      return { action: "change", change, reason: `strategy ${strategy} is asked for` };
    }
    if (window.requests < minRequests)
      return wait(`${window.requests} requests, ${minRequests} are needed for a judgement`);
    this.#start = totalsOf(this.#cache);
    for (const [key, windows] of this.#coolDown) this.#coolDown.set(key, windows - 1);
    return this.#trial === undefined
      ? this.#improve(window, parameters, atMs)
      : this.#judgeTrial(this.#trial, window, parameters, atMs);
  }

  #judgeTrial(trial: Trial, window: TrafficWindow, { minGainRatio }: CompleteParameters, atMs: number): Verdict {
    if (trial.settling > 0) {
      if (atMs >= trial.showsFromMs) trial.settling--;
      return wait("the last change has still to show its effect");
    }
    this.#trial = undefined;
    const { change } = trial;
    const comparison = `hit rate ${percent(window.hitRate)} after, ${percent(trial.hitRateBefore)} before`;
    if (window.hitRate >= trial.hitRateBefore - minGainRatio) return { action: "keep", change, reason: comparison };
    applyChange(this.#cache, change, true);
    this.#coolDown.set(directionOf(change), COOL_DOWN_WINDOWS);
    return { action: "roll-back", change, reason: comparison };
  }

  #improve(window: TrafficWindow, parameters: CompleteParameters, atMs: number): Verdict {
    const proposals = propose(this.#cache, window, parameters);
    const proposal = proposals.find(({ change }) => (this.#coolDown.get(directionOf(change)) ?? 0) <= 0);
    if (proposal === undefined) {
      this.#proposed = undefined;
      const [first] = proposals;
      return wait(first === undefined ? "nothing to improve" : `${directionOf(first.change)} was rolled back lately`);
    }
    const { change, reason } = proposal;
    const key = directionOf(change);
    const times = this.#proposed?.key === key ? this.#proposed.times + 1 : 1;
    this.#proposed = { key, times };
    if (times < parameters.confirmations)
      return wait(`seen ${times} times in a row, ${parameters.confirmations} are needed: ${reason}`);
    this.#proposed = undefined;
    const showsFromMs = atMs + adjustmentTimeMs(change);
    this.#trial = { change, hitRateBefore: window.hitRate, showsFromMs, settling: SETTLING_WINDOWS };
    applyChange(this.#cache, change);
    return { action: "change", change, reason };
  }
}

const wait = (reason: string): Verdict => ({
  action: "wait",
  change: undefined,
  reason,
});

/** A change without its size: what is rolled back is not tried again soon in that direction. */
const directionOf = (change: Change): string => `${change.what} ${change.to > change.from ? "up" : "down"}`;

/** How long entries with another lifetime than the new one are there, or until the first with the new one expire. */
const adjustmentTimeMs = (change: Change): number => {
  if (change.what !== "ttlMs") return 0;
  return Number.isFinite(change.from) ? Math.max(change.from, change.to) : change.to;
};

const totalsOf = (cache: OptimizableCache): Totals => {
  const { hits, misses, evictions } = cache.stats();
  return { requests: hits + misses, hits, evictions, ...cache.diagnose().causes };
};
