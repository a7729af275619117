// The default strategy in simulated fleets, as ratios to policies with full information in the same run.
import type { BenchRow } from "../../../tools/bench.ts";
import { type Figures, NOT_GIVEN, openYardstick, SEEDS, type Yardstick } from "./_yardstick.ts";

const REQUESTS = 120_000;

interface Gate {
  readonly case: string;
  readonly scenario: string;
  readonly loads: readonly number[];
  readonly figure: keyof Figures;
  readonly bound?: keyof Yardstick["bounds"];
  readonly limits: readonly number[];
  readonly target: string;
}

const GATES: readonly Gate[] = [
  {
    case: "homogeneous 95 %, p99",
    scenario: "homogeneous",
    loads: [0.95],
    figure: "p99",
    bound: "leastFull",
    limits: [1.05],
    target: "<= 1.05x",
  },
  {
    case: "* heterogeneous 95 %, p99",
    scenario: "heterogeneous",
    loads: [0.95],
    figure: "p99",
    bound: "leastFull",
    limits: [1.1],
    target: "<= 1.10x (P2C by weight is 1.43x)",
  },
  {
    case: "* antagonist 85 %, p99",
    scenario: "antagonist",
    loads: [0.85],
    figure: "p99",
    bound: "leastFull",
    limits: [1.05],
    target: "<= 1.05x",
  },
  {
    case: "* one slow pod 85 %, p99.9",
    scenario: "slowpod",
    loads: [0.85],
    figure: "p999",
    bound: "jsq",
    limits: [1.2],
    target: "<= 1.2x join-shortest-queue (P2C 2.2x)",
  },
  {
    case: "* black hole: errors seen by clients, 70 to 95 %",
    scenario: "blackhole",
    loads: [0.7, 0.85, 0.95],
    figure: "errors",
    limits: [0.0005, 0.0005, 0.0005],
    target: "<= 0.05 % (least connections 18.9 %)",
  },
  {
    case: "* 16 gateways, p99 at 85 / 95 %",
    scenario: "manygateways",
    loads: [0.85, 0.95],
    figure: "p99",
    bound: "leastFull",
    limits: [1.3, 1.5],
    target: "<= 1.3x / 1.5x",
  },
  {
    case: "* sticky sessions 95 %, p99 (`place`)",
    scenario: "sticky",
    loads: [0.95],
    figure: "p99",
    bound: "sticky",
    limits: [1.08],
    target: "<= 1.08x (the seed 4.4x, hashing 1.37x)",
  },
];

const measure = (yardstick: Yardstick, { scenario: name, figure, bound, loads }: Gate): number[] => {
  const scenario = yardstick.scenarios[name]!;
  const policies = scenario.sessions ? yardstick.stickyPolicies : yardstick.policies;
  return loads.map((load) => {
    const run = { load, requests: REQUESTS, seeds: SEEDS };
    const ours = yardstick.figures(scenario, yardstick.project("adaptive"), run)[figure];
    return bound === undefined
      ? ours
      : ours / yardstick.figures(scenario, policies[yardstick.bounds[bound]]!, run)[figure];
  });
};

export const bench = async (): Promise<BenchRow[]> => {
  const yardstick = await openYardstick();
  return GATES.map((gate): BenchRow => {
    if (yardstick === undefined) return { case: gate.case, measured: NOT_GIVEN, target: gate.target, met: false };
    const values = measure(yardstick, gate);
    const text = values.map((value) =>
      gate.figure === "errors" ? `${(100 * value).toFixed(3)} %` : `${value.toFixed(3)}x`,
    );
    return {
      case: gate.case,
      measured: text.join(" / "),
      target: gate.target,
      met: values.every((value, index) => value <= gate.limits[index]!),
    };
  });
};
