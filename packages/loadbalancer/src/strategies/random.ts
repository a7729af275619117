import type { Draw } from "../random.ts";
import { Roster } from "./roster.ts";
import type { Candidate, Strategy, StrategyEnvironment, StrategyReason } from "./strategy.ts";

/** Any joined pod, all alike. The yardstick that no other strategy may fall below. */
export class RandomChoice implements Strategy {
  readonly #roster = new Roster();
  readonly #draw: Draw;

  constructor({ draw }: StrategyEnvironment) {
    this.#draw = draw;
  }

  join(pod: Candidate): void {
    this.#roster.add(pod);
  }

  leave(pod: Candidate): void {
    this.#roster.remove(pod);
  }

  select(): number | undefined {
    const { slots, size } = this.#roster;
    return size === 0 ? undefined : slots[this.#draw.below(size)];
  }

  explain(): StrategyReason {
    return { reason: "drawn at random", considered: [] };
  }
}
