import type { Sample, Strategy } from "../strategies/strategy.ts";
import type { Outcome } from "../types.ts";

/** The strategies that want to hear of leases; those that do not cost nothing. */
export class Audience {
  readonly #counting: Strategy[] = [];
  readonly #observing: Strategy[] = [];
  // One object for all: doubles from the start, so that writing them allocates nothing.
  readonly #sample: { -readonly [Field in keyof Sample]: Sample[Field] } = { ok: true, latencyMs: 0.5, load: 0.5 };

  add(strategy: Strategy): void {
    if (strategy.counted !== undefined) this.#counting.push(strategy);
    if (strategy.observed !== undefined) this.#observing.push(strategy);
  }

  counted(slot: number, count: number): void {
    const strategies = this.#counting;
    for (let index = 0; index < strategies.length; index++) strategies[index]!.counted!(slot, count);
  }

  observed(slot: number, { ok, load = Number.NaN }: Outcome, latencyMs: number): void {
    const strategies = this.#observing;
    if (strategies.length === 0) return;
    const sample = this.#sample;
    sample.ok = ok;
    sample.load = load;
    sample.latencyMs = latencyMs;
    for (let index = 0; index < strategies.length; index++) strategies[index]!.observed!(slot, sample);
  }
}
