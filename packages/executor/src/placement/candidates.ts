import type { PodRecord } from "../types.ts";
import { newestRevision } from "./revisions.ts";

/** Why a pod takes new uids (`ok`), or why not. */
export type PlacementVerdict =
  | "ok"
  | "sealed"
  | "lease ended"
  | "draining"
  | "labels"
  | "full"
  /** It could, but a pod of a newer revision can as well. */
  | "older revision";

/** What a pod must fulfil to get new uids. */
export interface PlacementRules {
  /** Labels that the pod must have, with these values. Default none. */
  readonly requireLabels?: Readonly<Record<string, string>> | undefined;
  /** While a fleet rolls, its newest revision gets all it can take. Default true. */
  readonly preferNewestRevision?: boolean | undefined;
  /** What is left of a pod's lease now. Default: what was left when its record was read. */
  readonly leaseLeftMs?: ((record: PodRecord) => number) | undefined;
  /** How many uids a pod has or will have soon. Default: what it said. */
  readonly held?: ((record: PodRecord) => number) | undefined;
}

const reported = ({ held }: PodRecord): number => held ?? 0;
const leftWhenRead = ({ leaseLeftMs }: PodRecord): number => leaseLeftMs;

const hasLabels = (record: PodRecord, required: Readonly<Record<string, string>>): boolean =>
  Object.entries(required).every(([label, value]) => record.labels?.[label] === value);

const verdictOnItsOwn = (
  record: PodRecord,
  { requireLabels = {}, leaseLeftMs = leftWhenRead, held = reported }: PlacementRules,
): PlacementVerdict => {
  if (record.sealed) return "sealed";
  if (leaseLeftMs(record) <= 0) return "lease ended";
  if (record.state !== "ready") return "draining";
  if (!hasLabels(record, requireLabels)) return "labels";
  return record.maxLinks !== undefined && held(record) >= record.maxLinks ? "full" : "ok";
};

/** The verdict on each pod of a service, in their order. O(pods). */
export const judge = (records: readonly PodRecord[], rules: PlacementRules = {}): PlacementVerdict[] => {
  const verdicts = records.map((record) => verdictOnItsOwn(record, rules));
  if (rules.preferNewestRevision === false) return verdicts;
  const living = records.filter((_, index) => !["sealed", "lease ended"].includes(verdicts[index]!));
  const able = records.filter((_, index) => verdicts[index] === "ok");
  const newest = newestRevision(living, able);
  if (newest === undefined) return verdicts;
  return verdicts.map((verdict, index) =>
    verdict === "ok" && records[index]!.revision !== newest ? "older revision" : verdict,
  );
};

/** The pods of a service that take new uids, for a `PlacementPort` to choose from; possibly none. O(pods). */
export const eligible = (records: readonly PodRecord[], rules: PlacementRules = {}): PodRecord[] => {
  const verdicts = judge(records, rules);
  return records.filter((_, index) => verdicts[index] === "ok");
};
