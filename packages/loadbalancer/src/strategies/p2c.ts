import type { Draw } from "../random.ts";
import { Column } from "./column.ts";
import { Roster } from "./roster.ts";
import type { Candidate, Strategy, StrategyEnvironment, StrategyReason } from "./strategy.ts";

/**
 * The power of two choices (Mitzenmacher 2001): of two pods drawn at random the one with fewer requests in flight per
 * weight. Cheap at any size, and no herd: gateways that do not know of each other do not agree on a victim.
 */
export class PowerOfTwoChoices implements Strategy {
  readonly #roster = new Roster();
  readonly #draw: Draw;
  readonly #costs = new Column();
  readonly #shares = new Column();
  #first = 0;
  #second = 0;

  constructor({ draw }: StrategyEnvironment) {
    this.#draw = draw;
  }

  join(pod: Candidate): void {
    this.#roster.add(pod);
    this.reweighed(pod);
  }

  leave(pod: Candidate): void {
    this.#roster.remove(pod);
  }

  reweighed({ slot, weight, inFlight }: Candidate): void {
    this.#shares.set(slot, 1 / weight);
    this.#costs.set(slot, (inFlight + 1) / weight);
  }

  counted(slot: number, count: number): void {
    this.#costs.values[slot] = (count + 1) * this.#shares.values[slot]!;
  }

  select(): number | undefined {
    const { slots, size } = this.#roster;
    if (size < 2) return size === 0 ? undefined : slots[0];
    const position = this.#draw.below(size);
    let other = this.#draw.below(size - 1);
    if (other >= position) other++;
    const first = slots[position]!;
    const second = slots[other]!;
    const { values } = this.#costs;
    this.#first = first;
    this.#second = second;
    return values[first]! <= values[second]! ? first : second;
  }

  explain(): StrategyReason {
    return {
      reason: "fewer requests in flight per weight of two pods drawn at random",
      considered: this.#roster.considered([this.#first, this.#second], (slot) => this.#costs.values[slot]!),
    };
  }
}
