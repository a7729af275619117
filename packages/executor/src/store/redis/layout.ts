import type { StatefulStore } from "../store.ts";

/** How links and reported states are written in Redis. Leases and moves have one form only. */
export type Layout = Pick<
  StatefulStore,
  | "getLink"
  | "getLinks"
  | "linkedServices"
  | "linkIfAbsent"
  | "setLink"
  | "trySetLink"
  | "takeOver"
  | "renewLinks"
  | "removeLink"
  | "setPodState"
  | "podStates"
  | "setWorkloadState"
  | "workloadStates"
>;
