import type { Draw } from "../random.ts";
import { Roster } from "./roster.ts";
import type { Candidate, Occupancies, Strategy, StrategyEnvironment, StrategyReason } from "./strategy.ts";

/**
 * The power of two choices (Mitzenmacher 2001): of two pods drawn at random the one with fewer requests in flight per
 * weight. Cheap at any size, and no herd: gateways that do not know of each other do not agree on a victim.
 */
export class PowerOfTwoChoices implements Strategy {
  readonly #roster = new Roster();
  readonly #draw: Draw;
  readonly #pods: Occupancies;
  #first = 0;
  #second = 0;

  constructor({ draw, pods }: StrategyEnvironment) {
    this.#draw = draw;
    this.#pods = pods;
  }

  join(pod: Candidate): void {
    this.#roster.add(pod);
  }

  leave(pod: Candidate): void {
    this.#roster.remove(pod);
  }

  select(): number | undefined {
    const { slots, size } = this.#roster;
    if (size < 2) return size === 0 ? undefined : slots[0];
    const position = this.#draw.below(size);
    const other = this.#draw.below(size - 1);
    const first = slots[position]!;
    // One further where it is not below the first: without a branch, which would be mispredicted every other time.
    const second = slots[other + 1 + ((other - position) >> 31)]!;
    this.#first = first;
    this.#second = second;
    return this.#pods.occupancy(first) <= this.#pods.occupancy(second) ? first : second;
  }

  explain(): StrategyReason {
    return {
      reason: "fewer requests in flight per weight of two pods drawn at random",
      considered: this.#roster.considered([this.#first, this.#second], (slot) => this.#pods.occupancy(slot)),
    };
  }
}
