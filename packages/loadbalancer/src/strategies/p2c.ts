import type { Draw } from "../random.ts";
import { Roster } from "./roster.ts";
import type { Candidate, ConsideredPod, Strategy, StrategyEnvironment, StrategyReason } from "./strategy.ts";

const cost = (pod: Candidate): number => (pod.inFlight + 1) / pod.weight;

/**
 * The power of two choices (Mitzenmacher 2001): of two pods drawn at random the one with fewer requests in flight per
 * weight. Cheap at any size, and no herd: gateways that do not know of each other do not agree on a victim.
 */
export class PowerOfTwoChoices implements Strategy {
  readonly #roster = new Roster();
  readonly #draw: Draw;
  #winner: Candidate | undefined;
  #loser: Candidate | undefined;

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
    const count = pods.length;
    if (count < 2) return this.#decide(pods[0], undefined);
    const position = this.#draw.below(count);
    let other = this.#draw.below(count - 1);
    if (other >= position) other++;
    const first = pods[position]!;
    const second = pods[other]!;
    // Multiplied crosswise: the comparison of (inFlight + 1) / weight without its two divisions.
    const firstWins = (first.inFlight + 1) * second.weight <= (second.inFlight + 1) * first.weight;
    return firstWins ? this.#decide(first, second) : this.#decide(second, first);
  }

  explain(): StrategyReason {
    const considered: ConsideredPod[] = [];
    for (const pod of [this.#winner, this.#loser]) if (pod) considered.push({ podId: pod.podId, cost: cost(pod) });
    return { reason: "fewer requests in flight per weight of two pods drawn at random", considered };
  }

  #decide(winner: Candidate | undefined, loser: Candidate | undefined): Candidate | undefined {
    this.#winner = winner;
    this.#loser = loser;
    return winner;
  }
}
