import { Adaptive } from "./adaptive.ts";
import { LeastConnections } from "./least-connections.ts";
import { LeastResponseTime } from "./least-response-time.ts";
import { Maglev } from "./maglev.ts";
import { PowerOfTwoChoices } from "./p2c.ts";
import { RandomChoice } from "./random.ts";
import { Rendezvous } from "./rendezvous.ts";
import { RoundRobin } from "./round-robin.ts";
import type { StrategyFactory } from "./strategy.ts";
import { WeightedRoundRobin } from "./weighted-round-robin.ts";

/** The strategies that a balancer knows by name. */
export type StrategyName =
  | "adaptive"
  | "least_connections"
  | "least_response_time"
  | "maglev"
  | "p2c"
  | "random"
  | "rendezvous"
  | "round_robin"
  | "weighted_round_robin";

/** All built-in strategies, each behind the interface that yours would use. */
export const strategies: Readonly<Record<StrategyName, StrategyFactory>> = Object.freeze<
  Record<StrategyName, StrategyFactory>
>({
  adaptive: (environment) => new Adaptive(environment),
  least_connections: () => new LeastConnections(),
  least_response_time: (environment) => new LeastResponseTime(environment),
  maglev: (environment) => new Maglev(environment),
  p2c: (environment) => new PowerOfTwoChoices(environment),
  random: (environment) => new RandomChoice(environment),
  rendezvous: (environment) => new Rendezvous(environment),
  round_robin: () => new RoundRobin(),
  weighted_round_robin: () => new WeightedRoundRobin(),
});
