import { ExecutorError } from "../../errors.ts";
import type { PodRecord, RoutingState } from "../../types.ts";

interface StoredPod {
  readonly incarnation: string;
  readonly address: string;
  readonly revision: string;
  readonly state: RoutingState;
  readonly load: number;
  readonly leaseEndMs: number;
  readonly sealed: boolean;
}

const parsePod = (pod: number, json: string, nowMs: number): PodRecord => {
  try {
    const { incarnation, address, revision, state, load, leaseEndMs, sealed } = JSON.parse(json) as StoredPod;
    return {
      pod,
      incarnation: Number(incarnation),
      address,
      revision,
      state,
      load,
      sealed,
      leaseLeftMs: leaseEndMs - nowMs,
    };
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
