import type { Sample, Strategy } from "../strategies/strategy.ts";

/** The strategies that want to hear of leases; those that do not cost nothing. */
export class Audience {
  readonly #counting: Strategy[] = [];
  readonly #observing: Strategy[] = [];
  /**
   * What `observed` passes on. One object for all, with doubles from the start, and filled by the caller: a latency that were
   * an argument would be boxed, 16 bytes per request, wherever the call is not inlined.
   */
  readonly sample: { -readonly [Field in keyof Sample]: Sample[Field] } = { ok: true, latencyMs: 0.5, load: 0.5 };

  add(strategy: Strategy): void {
    if (strategy.counted !== undefined) this.#counting.push(strategy);
    if (strategy.observed !== undefined) this.#observing.push(strategy);
  }

  counted(slot: number, count: number): void {
    const strategies = this.#counting;
    for (let index = 0; index < strategies.length; index++) strategies[index]!.counted!(slot, count);
  }

  observed(slot: number): void {
    const strategies = this.#observing;
    for (let index = 0; index < strategies.length; index++) strategies[index]!.observed!(slot, this.sample);
  }
}
