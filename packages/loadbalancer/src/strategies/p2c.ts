import type { Draw } from "../random.ts";
import { Roster } from "./roster.ts";
import type { Candidate, Strategy, StrategyEnvironment, StrategyReason } from "./strategy.ts";

/**
 * The power of two choices (Mitzenmacher 2001): of two pods drawn at random the one with fewer requests in flight per
 * weight. Cheap at any size, and no herd: gateways that do not know of each other do not agree on a victim.
 */
export class PowerOfTwoChoices implements Strategy {
  readonly #roster = new Roster();
  readonly #draw: Draw;
  /** By position in the roster. Apart from the pods, so that looking at one touches eight bytes and not a cache line. */
  #costs: Float64Array = new Float64Array(16);
  #first = 0;
  #second = 0;

  constructor({ draw }: StrategyEnvironment) {
    this.#draw = draw;
  }

  join(pod: Candidate): void {
    this.#roster.add(pod);
    if (this.#roster.pods.length > this.#costs.length) this.#grow();
    this.#price(pod);
  }

  leave(pod: Candidate): void {
    const { pods } = this.#roster;
    const position = this.#roster.position(pod);
    this.#costs[position] = this.#costs[pods.length - 1]!;
    this.#roster.remove(pod);
  }

  reweighed(pod: Candidate): void {
    this.#price(pod);
  }

  started(pod: Candidate): void {
    this.#price(pod);
  }

  finished(pod: Candidate): void {
    this.#price(pod);
  }

  select(): Candidate | undefined {
    const { pods } = this.#roster;
    const count = pods.length;
    if (count < 2) return pods[0];
    const first = this.#draw.below(count);
    let second = this.#draw.below(count - 1);
    if (second >= first) second++;
    this.#first = first;
    this.#second = second;
    return pods[this.#costs[first]! <= this.#costs[second]! ? first : second];
  }

  explain(): StrategyReason {
    const { pods } = this.#roster;
    const considered = [...new Set([this.#first, this.#second])].flatMap((position) => {
      const pod = pods[position];
      return pod === undefined ? [] : [{ podId: pod.podId, cost: this.#costs[position]! }];
    });
    return { reason: "fewer requests in flight per weight of two pods drawn at random", considered };
  }

  #price(pod: Candidate): void {
    this.#costs[this.#roster.position(pod)] = (pod.inFlight + 1) / pod.weight;
  }

  #grow(): void {
    const grown = new Float64Array(2 * this.#costs.length);
    grown.set(this.#costs);
    this.#costs = grown;
  }
}
