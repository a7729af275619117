/** How long and how hard a scenario is run. */
export interface Settings {
  readonly durationMs: number;
  readonly uids: number;
  readonly requestsPerSecond: number;
  readonly leaseMs: number;
}

/** For scenarios in which no lease has to end: pods keep such a one also on a machine that is too busy to renew in time. */
export const longLeaseMs = 30_000;

/** What a full run is, and a short one for continuous integration. */
export const fullSettings: Settings = Object.freeze({
  durationMs: 30_000,
  uids: 1000,
  requestsPerSecond: 500,
  leaseMs: 3000,
});
export const shortSettings: Settings = Object.freeze({ ...fullSettings, durationMs: 5000 });

/** One thing that was measured. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  /** What it is held against; empty where it is only told. */
  readonly target: string;
  readonly met: boolean;
}

/** A story with real processes that ends in findings. */
export interface Scenario {
  readonly name: string;
  /** One sentence: what is done, and what must not happen. */
  readonly story: string;
  run(settings: Settings): Promise<readonly Finding[]>;
}

/** Something that must not happen, and how often it did. */
export const never = (what: string, count: number, of?: number): Finding => ({
  what,
  measured: of === undefined ? `${count}` : `${count} of ${of}`,
  target: "0",
  met: count === 0,
});

/** The same, with what kinds there were. */
export const neverOf = (what: string, kinds: ReadonlyMap<string, number>): Finding => {
  const finding = never(
    what,
    [...kinds.values()].reduce((sum, count) => sum + count, 0),
  );
  const shown = [...kinds].map(([kind, count]) => `${count} x ${kind}`).join(", ");
  return shown === "" ? finding : { ...finding, measured: `${finding.measured} (${shown})` };
};

/** A figure that must not be above `most`. */
export const atMost = (what: string, value: number, most: number, unit: string, digits = 0): Finding => ({
  what,
  measured: `${value.toFixed(digits)} ${unit}`,
  target: `<= ${most.toFixed(digits)} ${unit}`,
  met: value <= most,
});

/** Something that must have happened. */
export const some = (what: string, count: number): Finding => ({
  what,
  measured: `${count}`,
  target: ">= 1",
  met: count > 0,
});

/** A figure without a target. */
export const told = (what: string, measured: string): Finding => ({ what, measured, target: "", met: true });
