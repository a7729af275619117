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

  select(): Candidate | undefined {
    const { pods } = this.#roster;
    return pods[this.#draw.below(pods.length)];
  }

  explain(): StrategyReason {
    return { reason: "drawn at random", considered: [] };
  }
}
