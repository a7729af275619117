import { ExecutorError } from "../../errors.ts";
import type { PodRecord, PodStatus, RoutingState } from "../../types.ts";

interface StoredPod {
  readonly incarnation: string;
  readonly state: RoutingState;
  /** The other members of a {@link PodStatus}. */
  readonly status: string;
  readonly leaseEndMs: number;
  readonly sealed: boolean;
  readonly returnMs?: number;
}

const parsePod = (pod: number, json: string, nowMs: number): PodRecord => {
  try {
    const { incarnation, state, status, leaseEndMs, sealed, returnMs = 0 } = JSON.parse(json) as StoredPod;
    const words = JSON.parse(status) as Omit<PodStatus, "state">;
    const times = { leaseLeftMs: leaseEndMs - nowMs, returnLeftMs: Math.max(returnMs - nowMs, 0) };
    return { pod, incarnation: Number(incarnation), ...words, state, sealed, ...times };
  } catch (cause) {
    throw new ExecutorError("CORRUPT_VALUE", `the record of pod ${pod} is not JSON: ${json.slice(0, 80)}`, { cause });
  }
};

/** The reply of pod-list.lua as records, by pod id. */
export const parsePods = ([now, ...fields]: readonly string[]): PodRecord[] => {
  const records: PodRecord[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    records.push(parsePod(Number(fields[index]), fields[index + 1]!, Number(now)));
  }
  return records.sort((a, b) => a.pod - b.pod);
};
