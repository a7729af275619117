// What pods write down of themselves while they serve: the only witness of who served whom.
import { openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Milliseconds by a clock that all processes of a machine share and nobody sets: CLOCK_MONOTONIC. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** A request from its admission by the guard on. `abandoned`: it took no effect, for the uid was lost while it ran. */
export interface ServiceRecord {
  readonly kind: "served" | "abandoned";
  readonly uid: string;
  readonly fence: number;
  readonly incarnation: number | undefined;
  readonly startMs: number;
  /** When it took effect, or was abandoned. */
  readonly endMs: number;
  /** The uid's counter afterwards. */
  readonly count: number;
}

/** A tenure begins or ends. */
export interface TenureRecord {
  readonly kind: "acquired" | "ended";
  readonly uid: string;
  readonly fence: number;
  readonly reason: string;
  readonly atMs: number;
}

export type LogRecord = ServiceRecord | TenureRecord;

/** What one process wrote, in its own order. */
export interface PodLog {
  readonly pod: number;
  /** Distinct for every process, also of the same pod. */
  readonly process: string;
  readonly records: readonly LogRecord[];
}

/** Writes each record to the file at once: what was written stays, however the process ends. */
export const openPodLog = (path: string): ((record: LogRecord) => void) => {
  const file = openSync(path, "a");
  return (record) => void writeSync(file, `${JSON.stringify(record)}\n`);
};

export const podLogName = (pod: number, life: number): string => `pod-${pod}-${life}.log`;

/** The uids that a pod makes up itself. */
export const mintedUid = (pod: number, index: number): string => `minted-${pod}-${index}`;

/** All logs of a folder. */
export const readPodLogs = (folder: string): PodLog[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".log"))
    .map((name) => ({
      pod: Number(name.split("-")[1]),
      process: name,
      records: readFileSync(join(folder, name), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as LogRecord),
    }));
