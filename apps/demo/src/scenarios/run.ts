import { writeFileSync } from "node:fs";
import { constants, cpus } from "node:os";
import type { ScenarioRun } from "../config/config.ts";
import { scenarios } from "./catalog.ts";
import { type Finding, fullSettings, type Scenario, type Settings, shortSettings } from "./scenario.ts";

interface Result {
  readonly scenario: Scenario;
  readonly findings: readonly Finding[];
}

const isMet = ({ findings }: Result): boolean => findings.every(({ met }) => met);

const table = ({ scenario, findings }: Result): string =>
  [
    `## ${scenario.name}: ${findings.every(({ met }) => met) ? "yes" : "NO"}`,
    "",
    scenario.story,
    "",
    "| | measured | target | met |",
    "|---|---|---|---|",
    ...findings.map(
      ({ what, measured, target, met }) =>
        `| ${what} | ${measured} | ${target || "-"} | ${target ? (met ? "yes" : "NO") : "-"} |`,
    ),
    "",
  ].join("\n");

const preface = ({ uids, requestsPerSecond, durationMs, leaseMs }: Settings): string =>
  `# Scenarios

${uids} uids, ${requestsPerSecond} requests a second, ${durationMs / 1000} s each; a lease is ${leaseMs / 1000} s where one has to end, else
longer. Redis, pods and gateways are processes of their own. ${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}.
`;

const runOne = async (scenario: Scenario, settings: Settings): Promise<Result> => {
  try {
    return { scenario, findings: await scenario.run(settings) };
  } catch (error) {
    const measured = (error as Error).message;
    return { scenario, findings: [{ what: "it ran to its end", measured, target: "yes", met: false }] };
  }
};

/** Ctrl-C ends a run at once: pods and gateways end with this process, and servers when it exits instead of dying. */
const endOnSignals = (): void => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
};

/** Runs one scenario or all, printing what was found. 0 if all targets are met, else 1; 2 for a name that there is not. */
export const runScenarios = async ({ name, short, reportFile }: ScenarioRun): Promise<number> => {
  const chosen = scenarios.filter((scenario) => name === "all" || scenario.name === name);
  if (chosen.length === 0) {
    console.error(`no scenario ${JSON.stringify(name)}; there are all, ${scenarios.map((one) => one.name).join(", ")}`);
    return 2;
  }
  endOnSignals();
  const settings = short ? shortSettings : fullSettings;
  // Before the long wait, not after it.
  if (name === "all") writeFileSync(reportFile, "");
  const results: Result[] = [];
  for (const scenario of chosen) {
    const result = await runOne(scenario, settings);
    results.push(result);
    console.log(table(result));
  }
  if (name === "all") {
    writeFileSync(reportFile, [preface(settings), ...results.map(table)].join("\n"));
    console.log(`The report is in ${reportFile}.`);
  }
  return results.every(isMet) ? 0 : 1;
};
