import type { Fleet } from "./membership/fleet.ts";
import { TimeHistogram, type TimeQuantiles } from "./stats/histogram.ts";
import type { Explanation } from "./stats/stats.ts";
import type { Lane } from "./strategies/lanes.ts";
import type { Timeline } from "./time.ts";

/** What is known of the picks so far: how many were refused, how long they took, and where the last one fell. */
export class PickLog {
  readonly #times: TimeHistogram = new TimeHistogram();
  #slot = 0;
  #lane: Lane | undefined;
  #refused = 0;
  #lastAtMs = Number.NaN;

  get refused(): number {
    return this.#refused;
  }

  /** Whether there has been a pick. */
  get used(): boolean {
    return this.#lane !== undefined;
  }

  /** When the clock was last read for a pick, in ms; `undefined` before the first. */
  get lastAtMs(): number | undefined {
    return Number.isNaN(this.#lastAtMs) ? undefined : this.#lastAtMs;
  }

  get times(): TimeQuantiles {
    return this.#times.quantiles();
  }

  refuse(): void {
    this.#refused++;
  }

  fell(lane: Lane, slot: number): void {
    lane.picks++;
    this.#slot = slot;
    // A reference that is written costs a write barrier; it is nearly always the same.
    if (this.#lane !== lane) this.#lane = lane;
  }

  /** Takes the time of a pick that began at the time last read. */
  measure(time: Timeline): void {
    const beganMs = time.nowMs;
    this.#lastAtMs = beganMs;
    this.#times.record(time.read() - beganMs);
  }

  /** Why the last pick fell where it did; `undefined` before the first. Costs of pods are those of now. */
  explain(fleet: Fleet): Explanation | undefined {
    const pod = fleet.at(this.#slot);
    const lane = this.#lane;
    if (pod === undefined || lane === undefined) return undefined;
    const { reason, considered } = lane.strategy.explain?.() ?? { reason: "its own strategy chose it", considered: [] };
    const { size, willing, fit, panicking } = fleet;
    const trial = pod.ejection?.phase === "tried";
    return {
      podId: pod.podId,
      strategy: lane.name,
      reason,
      considered,
      fleet: { size, willing, fit },
      panicking,
      trial,
    };
  }
}
