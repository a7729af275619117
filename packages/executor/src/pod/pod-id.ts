import { hostname } from "node:os";
import type { PodId } from "../types.ts";
import { checkPodId } from "../validate.ts";

/**
 * Where a pod's id comes from: given, `"hostname"` (the ordinal at its end, as in a StatefulSet: `chat-3` is 3), or
 * `"claim"` (the lowest free one, for Deployments; another one after a restart).
 */
export type PodIdSource = PodId | "hostname" | "claim";

/** The ordinal at the end of a host name. Throws a `RangeError` if there is none. */
export const podIdOfHost = (host: string = hostname()): PodId => {
  // The first label: a name may come with its domain.
  const ordinal = /-(\d{1,9})$/.exec(host.split(".", 1)[0] ?? "")?.[1];
  if (ordinal !== undefined) return Number(ordinal);
  throw new RangeError(
    `id "hostname" needs a host name that ends in - and the pod's number, got ${JSON.stringify(host)}`,
  );
};

/** The id, or `undefined` for one that is claimed. */
export const resolvePodId = (source: PodIdSource): PodId | undefined => {
  if (source === "claim") return undefined;
  if (source === "hostname") return podIdOfHost();
  if (typeof source === "number") return checkPodId(source);
  throw new RangeError(`id must be a pod's number, "hostname" or "claim", got ${JSON.stringify(source)}`);
};
