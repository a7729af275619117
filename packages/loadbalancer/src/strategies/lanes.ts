import { type StrategyName, strategies } from "./catalog.ts";
import type { Strategy, StrategyEnvironment, StrategyFactory } from "./strategy.ts";

/** A strategy in use, under its name, with the count of picks it made. */
export class Lane {
  readonly name: string;
  readonly strategy: Strategy;
  readonly select: Strategy["select"];
  picks = 0;

  constructor(name: string, strategy: Strategy) {
    this.name = name;
    this.strategy = strategy;
    this.select = strategy.select;
  }
}

/** The strategies in use, built when first asked for and kept: what they have learned survives a change of strategy. */
export class Lanes {
  readonly #lanes = new Map<StrategyName | StrategyFactory, Lane>();
  readonly #environment: StrategyEnvironment;
  readonly #onBuilt: (strategy: Strategy) => void;

  constructor(environment: StrategyEnvironment, onBuilt: (strategy: Strategy) => void) {
    this.#environment = environment;
    this.#onBuilt = onBuilt;
  }

  /** @throws TypeError where what a factory built is no strategy. */
  get(choice: StrategyName | StrategyFactory): Lane {
    return this.#lanes.get(choice) ?? this.#build(choice);
  }

  /** Picks by strategy. */
  picks(): Record<string, number> {
    const picks: Record<string, number> = {};
    for (const { name, picks: count } of this.#lanes.values()) picks[name] = (picks[name] ?? 0) + count;
    return picks;
  }

  #build(choice: StrategyName | StrategyFactory): Lane {
    const strategy = (typeof choice === "function" ? choice : strategies[choice])(this.#environment);
    for (const method of ["join", "leave", "select"] as const)
      if (typeof strategy?.[method] !== "function") throw new TypeError(`a strategy must have a method ${method}()`);
    const lane = new Lane(typeof choice === "function" ? choice.name || "custom" : choice, strategy);
    this.#lanes.set(choice, lane);
    this.#onBuilt(strategy);
    return lane;
  }
}
