import type { PlacementPolicy } from "./ports.ts";
import type { PodId } from "./types.ts";

const pattern = /^(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)-(\d{1,16})$/i;

/** The text `load-atMs` by which the Go and Java versions tell a pod's load; `atMs` in milliseconds since the epoch. */
export const formatLoadState = (load: number, atMs: number): string => `${load}-${Math.round(atMs)}`;

/** Reads what {@link formatLoadState} wrote; `undefined` for any other text. */
export const parseLoadState = (state: string): { readonly load: number; readonly atMs: number } | undefined => {
  const match = pattern.exec(state);
  return match ? { load: Number(match[1]), atMs: Number(match[2]) } : undefined;
};

/**
 * Chooses the pod with the smallest load among states that read `load-atMs`; one of them by lot where several have it,
 * so that a quiet fleet fills evenly. `random` is in [0, 1).
 */
export const leastLoaded =
  (random: () => number = Math.random): PlacementPolicy =>
  (states) => {
    let least = Number.POSITIVE_INFINITY;
    let ties: PodId[] = [];
    for (const { pod, state } of states) {
      const load = parseLoadState(state)?.load;
      if (load === undefined || load > least) continue;
      if (load < least) ties = [];
      least = load;
      ties.push(pod);
    }
    return ties[Math.floor(random() * ties.length)];
  };
