// The fleet simulator is no part of this repository. Its folder comes in ROUTE_LB_YARDSTICK.
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LoadBalancer, type StrategyName } from "@route/loadbalancer";

/** Medians over the seeds; latencies in mean service times, errors as a ratio. */
export interface Figures {
  readonly p99: number;
  readonly p999: number;
  readonly errors: number;
}

interface Scenario {
  readonly sessions?: object;
}

type Policy = (environment: never) => object;

interface Run {
  readonly load: number;
  readonly requests: number;
  readonly seeds: readonly number[];
}

export interface Yardstick {
  readonly scenarios: Readonly<Record<string, Scenario>>;
  readonly policies: Readonly<Record<string, Policy>>;
  readonly stickyPolicies: Readonly<Record<string, Policy>>;
  readonly bounds: { readonly leastFull: string; readonly jsq: string; readonly sticky: string };
  project(strategy: StrategyName): Policy;
  figures(scenario: Scenario, policy: Policy, run: Run): Figures;
}

export const SEEDS: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

export const NOT_GIVEN = "not measured: set ROUTE_LB_YARDSTICK to the simulator's folder";

/** The simulator, or `undefined` where nobody says where it is. */
export const openYardstick = async (): Promise<Yardstick | undefined> => {
  const folder = process.env["ROUTE_LB_YARDSTICK"];
  if (folder === undefined) return undefined;
  const load = async (file: string): Promise<never> =>
    (await import(pathToFileURL(join(resolve(folder), file)).href)) as never;
  const { adapt } = (await load("adapter.mjs")) as {
    adapt(balancer: typeof LoadBalancer, strategy: StrategyName): Policy;
  };
  const { scenarios } = (await load("scenarios.mjs")) as Pick<Yardstick, "scenarios">;
  const { requestPolicies, stickyPolicies } = (await load("policies.mjs")) as Readonly<
    Record<"requestPolicies" | "stickyPolicies", Readonly<Record<string, Policy>>>
  >;
  const gates = (await load("gates.mjs")) as {
    readonly LEAST_FULL: string;
    readonly JSQ: string;
    readonly STICKY_FULL: string;
    figures: Yardstick["figures"];
  };
  return {
    scenarios,
    policies: requestPolicies,
    stickyPolicies,
    bounds: { leastFull: gates.LEAST_FULL, jsq: gates.JSQ, sticky: gates.STICKY_FULL },
    project: (strategy) => adapt(LoadBalancer, strategy),
    figures: gates.figures,
  };
};
