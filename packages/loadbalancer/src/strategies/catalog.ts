import { Adaptive } from "./adaptive.ts";
import { LeastConnections } from "./least-connections.ts";
import { PowerOfTwoChoices } from "./p2c.ts";
import { RandomChoice } from "./random.ts";
import { RoundRobin } from "./round-robin.ts";
import type { StrategyFactory } from "./strategy.ts";
import { WeightedRoundRobin } from "./weighted-round-robin.ts";

/** The strategies that a balancer knows by name. */
export type StrategyName = "adaptive" | "least_connections" | "p2c" | "random" | "round_robin" | "weighted_round_robin";

/** All built-in strategies, each behind the interface that yours would use. */
export const strategies: Readonly<Record<StrategyName, StrategyFactory>> = Object.freeze({
  adaptive: (environment) => new Adaptive(environment),
  least_connections: () => new LeastConnections(),
  p2c: (environment) => new PowerOfTwoChoices(environment),
  random: (environment) => new RandomChoice(environment),
  round_robin: () => new RoundRobin(),
  weighted_round_robin: () => new WeightedRoundRobin(),
});
